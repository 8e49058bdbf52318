"""The S3-compatible server that the tests of this folder share, and the environment that leads to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.object_store import KEY_ID, SECRET_KEY, object_store, server_binary


class Server(NamedTuple):
    """Where the server is, and the folder whose folders are its buckets."""

    endpoint: str
    folder: Path


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    binary = server_binary()
    if binary is None:
        pytest.skip("rclone is not installed: there is no S3-compatible server to read from")
    folder = tmp_path_factory.mktemp("buckets")
    with object_store(binary, folder, tmp_path_factory.mktemp("server_cache")) as endpoint:
        yield Server(endpoint, folder)


@pytest.fixture
def s3(_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Return the server, with its keys in the environment."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", _server.endpoint)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # never ask the network who we are
    return _server
