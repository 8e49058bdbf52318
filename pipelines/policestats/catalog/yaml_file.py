"""A YAML file that knows on which line each of its values stands, and checks itself against a JSON Schema."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import yaml

from policestats.errors import DefinitionError, nearest

Trail = tuple[str | int, ...]

#: schema and text of files that agree with it: the stages of a run load the same definitions again and again
_VALID: set[tuple[Path, str]] = set()
#: text of files to what stands in them
_READ: dict[str, tuple[yaml.Node | None, Any]] = {}


class _Loader(yaml.CSafeLoader):
    """YAML in which only true and false are booleans: ``on:`` is a word of the language, not True (YAML 1.2)."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


class YamlFile:
    """One definition file: ``data`` is its content, ``where(trail)`` says "file:line" of a value in it.

    Raises: DefinitionError when the file cannot be read, is not YAML, or repeats a key.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
        try:
            self._text = path.read_text(encoding="utf-8")
            if self._text not in _READ:
                loader = _Loader(self._text)
                node = loader.get_single_node()
                self._refuse_repeated_keys(node)
                _READ[self._text] = node, _named_null(loader.construct_document(node) if node is not None else None)
            self._node, content = _READ[self._text]
            self.data: Any = deepcopy(content)  # whoever reads it may change it
        except UnicodeDecodeError as error:
            raise DefinitionError(f"{self.name}: not UTF-8 (byte {error.start}); save the file as UTF-8") from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = mark.line + 1 if mark else "?"
            raise DefinitionError(f"{self.name}:{line}: not valid YAML: {error.problem}") from None

    def where(self, trail: Trail = ()) -> str:
        """Return ``file:line`` of the value at ``trail`` (keys and list positions), or of its nearest parent."""
        node, mark = self._node, self._node.start_mark if self._node is not None else None
        for step in trail:
            found = None
            if isinstance(node, yaml.MappingNode):
                found = next(((value, key.start_mark) for key, value in node.value if key.value == str(step)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = node.value[step], node.value[step].start_mark
            if found is None:
                break
            node, mark = found
        return f"{self.name}:{mark.line + 1}" if mark is not None else self.name

    def check(self, kind: str, meta: Path) -> None:
        """Check the content against ``meta/<kind>.schema.json``.

        Raises: DefinitionError with file, line, the value found and what is allowed.
        """
        if (meta / kind, self._text) in _VALID:
            return
        quick, telling = _validators(meta / f"{kind}.schema.json")
        content = _plain(self.data)
        errors = [] if quick.is_valid(content) else sorted(telling.iter_errors(content), key=_depth)
        if errors:
            error = _most_telling(errors[0])
            trail: Trail = tuple(error.absolute_path)
            wrong = _unknown_key(error)
            raise DefinitionError(f"{self.where((*trail, wrong) if wrong else trail)}: {_explain(error, trail)}")
        _VALID.add((meta / kind, self._text))

    def _refuse_repeated_keys(self, node: yaml.Node | None) -> None:
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    raise DefinitionError(
                        f"{self.name}:{key.start_mark.line + 1}: the key {key.value!r} stands twice in one mapping; keep one"
                    )
                seen.add(key.value)
                self._refuse_repeated_keys(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self._refuse_repeated_keys(value)


@cache
def _validators(path: Path) -> tuple[jsonschema_rs.Draft202012Validator, jsonschema.Draft202012Validator]:
    """Return one that knows most right files, and a slow one that says what is wrong with the others, if anything is (the first knows no infinity)."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema), jsonschema.Draft202012Validator(schema)


def _depth(error: jsonschema.ValidationError) -> tuple[int, list[str]]:
    return -len(error.absolute_path), [str(p) for p in error.absolute_path]


def _most_telling(error: jsonschema.ValidationError) -> jsonschema.ValidationError:
    """Of the branches of a failed anyOf or oneOf, take the error that got deepest into the value."""
    while error.context:
        error = max(error.context, key=lambda e: (len(e.absolute_path), e.validator != "required", e.validator == "additionalProperties"))
    return error


def _explain(error: jsonschema.ValidationError, trail: Trail) -> str:
    at = ".".join(map(str, trail)) or "the file"
    wrong = _unknown_key(error)
    if wrong is not None:
        return f"unknown key {wrong!r} in {at}; {nearest(wrong, _declared(error))}"
    if error.validator == "not" and not error.validator_value:
        return f"the key {trail[-1]!r} cannot stand here ({at}); take it out or change the keys beside it"
    if error.validator == "enum":
        allowed: Any = error.validator_value
        return f"{at} is {error.instance!r}; {nearest(str(error.instance), map(str, allowed))}"
    return f"{at}: {error.message}"


def _named_null(value: Any) -> Any:
    """Return ``value`` with the key ``null`` as text: YAML reads ``{null: true}`` as a key that is null."""
    if isinstance(value, dict):
        return {"null" if key is None else key: _named_null(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_named_null(inner) for inner in value]
    return value


def _unknown_key(error: jsonschema.ValidationError) -> str | None:
    if error.validator != "additionalProperties" or error.validator_value is not False:
        return None
    instance: Any = error.instance
    return next((key for key in instance if key not in _declared(error)), None)


def _declared(error: jsonschema.ValidationError) -> dict[str, Any]:
    schema: Any = error.schema
    return dict(schema.get("properties", {}))


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON would hold it: dates as text, keys as text."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value
