"""The usage index as tables, in an SQLite file or on a PostgreSQL server.

index -> opening | reading | writing -> rows | connections -> session -> sqlite | postgresql -> backend -> schema

One schema for both (`schema`); that of an older version is changed by `migrations`, which `migrating` runs. What
differs between the two is in `sqlite` and `postgresql`, behind the protocol in `backend`. No connection is used by two
processes.
"""
