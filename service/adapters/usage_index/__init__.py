"""The usage index as tables, in an SQLite file or on a PostgreSQL server.

index -> opening | reading | writing -> rows | connections -> session -> sqlite | postgresql -> backend -> schema

One schema for both (`schema`), made and changed by `migrations` alone. What differs between the two is in `sqlite` and
`postgresql`, behind the protocol in `backend`. No connection, and no engine, is used by two processes.
"""
