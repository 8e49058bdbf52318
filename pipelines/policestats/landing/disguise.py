"""Replaces, before anything is written, an identity number by a keyed pseudonym and a few facts, and a text by whether it is filled in."""

from __future__ import annotations

import hmac
from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from policestats.errors import DefinitionError, nearest
from policestats.landing.identity import LAYOUTS, IdentityFacts
from policestats.landing.plan import Identity, TablePlan

PSEUDONYM_LENGTH = 32  # hexadecimal characters, 128 bits: two persons never meet by chance
MALE, FEMALE = "1", "2"  # ISO/IEC 5218

_FINGERPRINT_OF = b"policestats: fingerprint of the pseudonym key"

Batches = Callable[[pa.RecordBatch], pa.RecordBatch]


def key_fingerprint(key: bytes) -> str:
    """Return what tells one pseudonym key from another, and nothing else of it: HMAC-SHA-256 of a constant."""
    return hmac.digest(key, _FINGERPRINT_OF, "sha256").hex()[:PSEUDONYM_LENGTH]


def disguise(plan: TablePlan, key: bytes) -> Batches:
    """Return the function that turns a batch of ``plan.reads`` into one of ``plan.lands``, without what must never land.

    - The pseudonym is HMAC-SHA-256 of the trimmed number in capitals. A null or blank number gives nulls: nothing is known, nothing failed.
    - A column of ``presence`` is true where its source column holds a letter or digit and is none of the source's placeholders.

    Raises: DefinitionError when nobody declared the identity's kind.
    """
    identity = plan.identity
    if identity is not None and identity.kind not in LAYOUTS:
        raise DefinitionError(f"{identity.where}: there is no identity kind {identity.kind!r}; {nearest(identity.kind, LAYOUTS)}")
    if plan.lands == plan.reads:
        return lambda batch: batch

    def replace(batch: pa.RecordBatch) -> pa.RecordBatch:
        made = _identity_columns(batch, identity, key) if identity is not None else {}
        for name, column in plan.presence.items():
            made[name] = _is_filled(batch.column(column), plan.placeholders)
        arrays = [made[name] if name in made else batch.column(name) for name in plan.lands]
        return pa.RecordBatch.from_arrays(arrays, names=list(plan.lands))

    return replace


def _identity_columns(batch: pa.RecordBatch, identity: Identity, key: bytes) -> dict[str, pa.Array]:
    """Each distinct number of the batch is looked at once."""
    layout = LAYOUTS[identity.kind]
    coded = _texts(batch.column(identity.column)).dictionary_encode()
    numbers = [(text or "").strip().upper() for text in coded.dictionary.to_pylist()]
    facts = [layout(number) if number else None for number in numbers]
    rows = coded.indices

    def column(values: list[str | None]) -> pa.Array:
        return pa.array(values, pa.string()).take(rows)

    made = {
        "pseudonym": column([hmac.digest(key, n.encode(), "sha256").hex()[:PSEUDONYM_LENGTH] if n else None for n in numbers]),
        "is_valid": column([_text(f.is_valid) if f else None for f in facts]),
        "birth_year": column([_text(f.birth_year) if f else None for f in facts]),
        "birth_month": column([_text(f.birth_month) if f else None for f in facts]),
    }
    if identity.sex is not None:
        made["sex_agrees"] = _sex_agrees(facts, rows, _texts(batch.column(identity.sex)))
    return {column: made[output] for output, column in identity.outputs.items()}


def _sex_agrees(facts: list[IdentityFacts | None], rows: pa.Array, recorded: pa.Array) -> pa.Array:
    """Whether the recorded sex is that of the number; null when either is unknown."""
    is_male = pa.array([f.is_male if f else None for f in facts], pa.bool_()).take(rows)
    code = pc.utf8_trim_whitespace(recorded)
    told_male = pc.if_else(pc.is_in(code, pa.array([MALE, FEMALE])), pc.equal(code, MALE), pa.scalar(None, pa.bool_()))
    return pc.equal(is_male, told_male).cast(pa.string())


def _is_filled(values: pa.Array, placeholders: tuple[str, ...]) -> pa.Array:
    """True or false for every row: a null, a blank, a placeholder, and what is punctuation alone hold nothing."""
    text = pc.utf8_trim_whitespace(pc.fill_null(_texts(values), ""))
    written = pc.match_substring_regex(text, r"[\pL\pN]")
    return pc.and_not(written, pc.is_in(text, pa.array(placeholders, pa.string()))).cast(pa.string())


def _texts(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


def _text(value: bool | int | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
