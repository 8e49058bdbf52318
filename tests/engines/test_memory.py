"""The warehouse takes no more memory than it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats import settings
from policestats.engines.duckdb import open_warehouse
from policestats.errors import SettingsError


@pytest.mark.parametrize(
    ("given", "limit"), [(None, "2.7 GiB"), ("512MB", "488.2 MiB"), ("1.5 GiB", "1.5 GiB")]
)  # 3e9 / 2**30; 512e6 / 2**20
def test_the_warehouse_takes_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, limit: str) -> None:
    monkeypatch.delenv(settings.MEMORY, raising=False)
    if given is not None:
        monkeypatch.setenv(settings.MEMORY, given)
    with open_warehouse(tmp_path) as engine:
        assert engine.scalar("SELECT current_setting('memory_limit')") == limit


@pytest.mark.parametrize("text", ["much", "8", "-1GB", "0GB", "80%"])
def test_what_is_no_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(settings.MEMORY, text)
    with pytest.raises(SettingsError, match="POLICESTATS_MEMORY"), open_warehouse(tmp_path):
        pass
