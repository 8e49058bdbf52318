"""Reads a source that is files: CSV, XLSX and Parquet in a folder, in a zip, alone, or in an object store."""

from policestats.landing.files.increments import new_files
from policestats.landing.files.reader import open_files

__all__ = ["new_files", "open_files"]
