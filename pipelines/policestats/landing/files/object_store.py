"""Connects to S3-compatible storage; the keys come from the environment and are never shown."""

from __future__ import annotations

import pyarrow.fs as fs

from policestats import settings
from policestats.errors import ExtractError

SCHEME = "s3://"
_CONNECT_SECONDS, _REQUEST_SECONDS, _ATTEMPTS = 5, 60, 3


def open_object_store(source: str, location: str) -> tuple[fs.FileSystem, str, str]:
    """Return the file system, the path in it, and the address as it may be shown, of ``s3://bucket/prefix``.

    The endpoint and the region are those of the settings; the keys are found by the AWS library itself (environment, then profile).

    Raises: ExtractError when the address holds more than bucket and prefix (keys in it would reach manifests and logs).
    """
    path = location.removeprefix(SCHEME).strip("/")
    bucket = path.split("/", 1)[0]
    if not bucket or "@" in bucket or "?" in path:
        raise ExtractError(
            f"source {source!r}: the address is not {SCHEME}bucket/prefix; "
            "keys, endpoint and region are not part of it: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and AWS_REGION"
        )
    store = settings.object_store()
    system = fs.S3FileSystem(
        endpoint_override=store.endpoint,  # pyarrow does not read it from the environment by itself
        region=store.region,
        connect_timeout=_CONNECT_SECONDS,
        request_timeout=_REQUEST_SECONDS,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
    )
    return system, path, f"{SCHEME}{path}"
