"""Reads a standard: its settings, tables, code lists, facts, indicators, policies and sources."""

from policestats.catalog.load import Catalog, load_catalog
from policestats.catalog.model import CodeList, Column, Cursor, Fact, Indicator, Policy, Source, SourceTable, Standard, Table, UnitLevel
from policestats.catalog.yaml_file import YamlFile

__all__ = [
    "Catalog",
    "CodeList",
    "Column",
    "Cursor",
    "Fact",
    "Indicator",
    "Policy",
    "Source",
    "SourceTable",
    "Standard",
    "Table",
    "UnitLevel",
    "YamlFile",
    "load_catalog",
]
