"""Loads the libraries of the stages once, unmeasured."""

from __future__ import annotations

from importlib import import_module


def load() -> None:
    """Import what the stages import, so that its bytecode is compiled before anything is timed, as it is where the package is installed."""
    for name in ("great_expectations", "policestats.cli.main", "policestats.quality.suites", "policestats.stages.run"):
        import_module(name)
