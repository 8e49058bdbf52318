"""Loads the libraries of the stages once, unmeasured."""

from __future__ import annotations


def load() -> None:
    """Import what the stages import, so that its bytecode is compiled before anything is timed, as it is where the package is installed."""
    import great_expectations  # noqa: F401

    import policestats.cli.main
    import policestats.quality.suites
    import policestats.stages.run  # noqa: F401
