"""Reads a source that is files: CSV, XLSX and Parquet in a folder, in a zip, alone, or in an object store."""

from policestats.landing.files.reader import open_files

__all__ = ["open_files"]
