"""How the tables of a usage index came about, step by step; Alembic runs what an index has not seen yet."""
