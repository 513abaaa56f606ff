"""The same promises of a usage index, kept by SQLite and by PostgreSQL; and what each does when its place fails."""
