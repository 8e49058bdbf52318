"""The command line: the same stages without Airflow."""

from policestats.cli.main import cli, main

__all__ = ["cli", "main"]
