"""Workbooks that people fill: one for a unit, with only the cells open that nothing else fills."""

from policestats.reports.filling.book import Entry, FilledBook, FilledSheet, OpenSheet, ShownCell
from policestats.reports.filling.read import read_book
from policestats.reports.filling.write import write_book

__all__ = ["Entry", "FilledBook", "FilledSheet", "OpenSheet", "ShownCell", "read_book", "write_book"]
