"""What a test that failed has to say is printed when it fails, not at the end: a long run may be cut off before."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Tell failures at once, in the process that prints."""
    if not hasattr(config, "workerinput"):  # a worker of pytest-xdist prints nothing
        config.pluginmanager.register(_ToldAtOnce(config), "told-at-once")


class _ToldAtOnce:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and reporter is not None:
            reporter.write_line(f"\n{report.nodeid} ({report.when}):\n{report.longreprtext}")
