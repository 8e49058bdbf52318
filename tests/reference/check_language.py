"""Reading the text of a check: ``[T].CLOSE = previous([T].CLOSE) + 2 * IN_M``."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Any

Expression = tuple[Any, ...]  # (number, n) (cell, row, column) (range, from, to, column) (other, text) (call, name, side)
Side = list[tuple[int, Expression]]  # weighted terms

_TOKEN = re.compile(
    r"\s*(?:(?P<other>\w+\[[^\]]*\](?:\.\w+)?)"
    r"|\[(?P<row>[^\].]+)(?:\.\.(?P<to>[^\].]+))?\](?:\.(?P<column>\w+))?"
    r"|(?P<number>\d+(?:\.\d+)?)(?!\w)"
    r"|(?P<name>\w+)"
    r"|(?P<mark><=|>=|[-+*()=<>]))"
)


@cache
def comparison(text: str) -> tuple[Side, str, Side]:
    """Return left side, operator and right side. Raises: ValueError for anything the language does not have."""
    tokens = _tokens(text)
    left = _side(tokens)
    operator = _mark(tokens)
    right = _side(tokens)
    if operator not in ("=", "<=", ">=", "<", ">") or tokens:
        raise ValueError(f"check {text!r} is not a comparison of two sums")
    return left, operator, right


def _tokens(text: str) -> list[re.Match[str]]:
    tokens, position, text = [], 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"check {text!r}: cannot read {text[position:]!r}")
        tokens.append(match)
        position = match.end()
    return tokens


def _mark(tokens: list[re.Match[str]]) -> str:
    return tokens.pop(0)["mark"] or "" if tokens else ""


def _side(tokens: list[re.Match[str]]) -> Side:
    side, sign = [], 1
    if tokens and tokens[0]["mark"] == "-":
        tokens.pop(0)
        sign = -1
    side.append(_term(tokens, sign))
    while tokens and tokens[0]["mark"] in ("+", "-"):
        sign = 1 if _mark(tokens) == "+" else -1
        side.append(_term(tokens, sign))
    return side


def _term(tokens: list[re.Match[str]], sign: int) -> tuple[int, Expression]:
    if not tokens:
        raise ValueError("check: a term is missing")
    token = tokens.pop(0)
    if token["number"]:
        if tokens and tokens[0]["mark"] == "*":
            tokens.pop(0)
            weight, rest = _term(tokens, sign)
            return weight * int(token["number"]), rest
        return sign, ("number", Decimal(token["number"]))
    if token["other"]:
        return sign, ("other", token["other"])
    if token["row"]:
        if token["to"]:
            return sign, ("range", token["row"], token["to"], token["column"])
        return sign, ("cell", token["row"], token["column"])
    if token["name"]:
        if tokens and tokens[0]["mark"] == "(":
            tokens.pop(0)
            inside = _side(tokens)
            if _mark(tokens) != ")":
                raise ValueError(f"check: {token['name']}( is not closed")
            return sign, ("call", token["name"], inside)
        return sign, ("cell", None, token["name"])
    raise ValueError(f"check: {token.group().strip()!r} stands where a term should")
