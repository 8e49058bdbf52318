"""First load and daily increment of a large table from a PostgreSQL server of its own, beside bare ADBC."""
