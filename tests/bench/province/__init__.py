"""A simulated province of five years: every form of a December, in full and after changes, beside bare DuckDB, pandas and polars."""
