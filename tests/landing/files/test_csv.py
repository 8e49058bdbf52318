"""CSV files: every dialect that can be described, in bounded memory, and the line of every fault."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policestats.errors import DefinitionError, ExtractError
from policestats.landing.files import csv_file, open_files, records, text
from tests.landing.files.reading import plan, read, refused, schema


def written(folder: Path, content: bytes | str, name: str = "report.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


# --- what is read ----------------------------------------------------------------------------------------------------------


def test_all_values_are_text_and_an_empty_field_is_null(tmp_path: Path) -> None:
    written(tmp_path, 'no,people,made_on\n007,2,2026-02-30\n8,,""\n 9 ,1.50,x\n')
    assert schema(tmp_path, plan()) == {"no": "text", "people": "text", "made_on": "text"}
    assert read(tmp_path, plan()) == [("007", "2", "2026-02-30"), ("8", None, None), (" 9 ", "1.50", "x")]


def test_a_field_with_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    written(tmp_path, 'no,remark\n1,"one, ""two""\nthree"\n2,"a\r\nb"\r\n3,""""\n')
    assert read(tmp_path, plan()) == [("1", 'one, "two"\nthree'), ("2", "a\r\nb"), ("3", '"')]


def test_a_quote_inside_an_unquoted_field_is_a_letter(tmp_path: Path) -> None:
    written(tmp_path, 'no,remark\n1,5" knife\n2,"x"\n')
    assert read(tmp_path, plan()) == [("1", '5" knife'), ("2", "x")]


def test_only_the_wanted_columns_in_the_wanted_order(tmp_path: Path) -> None:
    written(tmp_path, "a,b,c\n1,2,3\n")
    assert read(tmp_path, plan(), ["c", "a"]) == [("3", "1")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_blank_lines(end: str, tmp_path: Path) -> None:
    written(tmp_path, end.join(["a,b", "1,2", "", "", "3,4"]))  # the last line has no end
    assert read(tmp_path, plan()) == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\n\n\n", "\ufeffa,b\r\n"])
def test_a_header_alone_is_a_table_of_no_rows(content: str, tmp_path: Path) -> None:
    written(tmp_path, content)
    assert schema(tmp_path, plan()) == {"a": "text", "b": "text"}
    assert read(tmp_path, plan()) == []


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        ("utf-8", {}),
        ("utf-8-sig", {}),  # a byte-order mark before UTF-8 is no part of the first column's name
        ("gb18030", {"encoding": "gb18030"}),
        ("gbk", {"encoding": "GBK"}),
        ("utf-16", {"encoding": "utf-16"}),
        ("utf-16-le", {"encoding": "utf-16-le"}),
    ],
)
def test_encodings(encoding: str, options: dict[str, str], tmp_path: Path) -> None:
    written(tmp_path, "编号,备注\n警1,“家庭”纠纷，调解\n警2,\n".encode(encoding))
    assert read(tmp_path, plan(**options)) == [("警1", "“家庭”纠纷，调解"), ("警2", None)]


def test_a_character_cut_in_two_by_a_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bytes of one GB18030 character, and the halves of a doubled quote, come in different pieces."""
    rows = [(f"警{i}𠀀", f'调解"{i}"，𠀀完') for i in range(60)]
    body = "编号,备注\n" + "".join(f'{a},"{b}"\n'.replace(f'"{b}"', '"' + b.replace('"', '""') + '"') for a, b in rows)
    written(tmp_path, body.encode("gb18030"))
    for size in (48, 49, 50, 51):  # every position of the cut
        monkeypatch.setattr(text, "CHUNK", size)
        assert read(tmp_path, plan(encoding="gb18030")) == rows


def test_another_delimiter_quote_and_null(tmp_path: Path) -> None:
    written(tmp_path, "a;b;c\n'1;2';NULL;\n'it''s';'NULL';x\"y\n")
    table = plan(delimiter=";", quote="'", null_values=["NULL"])
    assert read(tmp_path, table) == [("1;2", None, ""), ("it's", None, 'x"y')]  # with a list of nulls the empty text is a text


def test_no_quotes_at_all(tmp_path: Path) -> None:
    written(tmp_path, 'a\tb\n"1\t2"\n')
    assert read(tmp_path, plan(delimiter="\t", quote="none")) == [('"1', '2"')]


def test_a_file_without_a_header(tmp_path: Path) -> None:
    written(tmp_path, "1,2\n3,4\n")
    table = plan(header=["a", "b"])
    assert schema(tmp_path, table) == {"a": "text", "b": "text"}
    assert read(tmp_path, table, ["b"]) == [("2",), ("4",)]
    assert read(written(tmp_path, ""), table) == []  # an export of nothing, where no header says so
    refused(written(tmp_path, "1,2\n1,2,3\n"), table, "report.csv:2:", "3 fields, the description has 2")


def test_rows_come_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader never holds the file: 400 rows of 8 bytes, read 96 bytes at a time, are at least 400 * 8 / 96 = 33 batches."""
    monkeypatch.setattr(text, "CHUNK", 96)
    written(tmp_path, "a,b\n" + "".join(f"{i:03d},abc\n" for i in range(400)))
    with open_files("desk", str(tmp_path)) as reader:
        batches = list(reader.batches(plan(), columns=["a"]))
    assert [value for batch in batches for value in batch["a"].to_pylist()] == [f"{i:03d}" for i in range(400)]
    assert len(batches) >= 33


# --- what is refused, and where --------------------------------------------------------------------------------------------

HEAD = "a,b,c\n1,2,3\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["report.csv:1:", "no header line"]),
        (b"\n1,2\n", ["report.csv:1:", "no header line"]),
        (b"a,a\n", ["report.csv:1:", "the column 'a' stands twice"]),
        (b'a,"b\n', ["report.csv:1:", "not valid CSV"]),
        ((HEAD + "1,2\n").encode(), ["report.csv:3:", "2 fields, the header has 3"]),
        ((HEAD + "\n\n1,2,3,4\n").encode(), ["report.csv:5:", "4 fields, the header has 3"]),  # blank lines count as lines
        ((HEAD + '1,"x\ny\nz",3\n1,secret\n').encode(), ["report.csv:6:", "2 fields"]),  # line breaks in a field count as lines
        ((HEAD + '1,"secret"x,3\n').encode(), ["report.csv:3:", "not valid CSV"]),
        ((HEAD + '1,"secret,3\n' + HEAD * 20).encode(), ["report.csv:3:", "not valid CSV", "found on line 43"]),  # 3 + 2 * 20: never closed
        (
            (HEAD + '1,"secret,3\n4,"x",6\n').encode(),
            ["report.csv:3:", "not valid CSV", "found on line 4"],
        ),  # closed by the next field's quote
        (
            HEAD.encode() + "警".encode("gb18030") + b",secret,3\n",
            ["report.csv:3:", "byte 1 of the line (0xbe)", "is not UTF-8", "encoding:"],
        ),
        (HEAD.encode() + "x警,secret,".encode() + b"\xff\n", ["report.csv:3:", "byte 13 of the line (0xff)"]),  # 1 + 3 + 1 + 6 + 1, then it
        (HEAD.encode() + b"1,2,\xe8\xad", ["report.csv:3:", "byte 5 of the line (0xe8)"]),  # the file ends inside a character
    ],
)
def test_a_fault_names_its_line(content: bytes, words: list[str], tmp_path: Path) -> None:
    message = refused(written(tmp_path, content), plan(), *words)
    assert "secret" not in message  # no value of a record


def test_a_wrong_byte_in_a_column_that_nobody_wants(tmp_path: Path) -> None:
    """It tells that the file has another encoding than described, and then nothing of it can be trusted."""
    refused(written(tmp_path, HEAD.encode() + b"1,\xff,3\n"), plan(), "report.csv:3:", "is not UTF-8", columns=["a"])


@pytest.mark.parametrize(
    ("encoding", "content", "words"),
    [
        ("gb18030", "a,b\n警,".encode("gb18030") + b"\xff\n", ["report.csv:2:", "byte 4 of the line (0xff)", "is not GB18030"]),
        ("utf-16", "a,b\n1,2\n警,x".encode("utf-16") + b"\x00\xdc", ["report.csv:3:", "byte 7 of the line (0x00)", "is not UTF-16"]),
        ("ascii", "a,b\r\n1,2\r\n警,x".encode(), ["report.csv:3:", "byte 1 of the line (0xe8)", "is not ASCII"]),
        ("ascii", "a,b\r1,2\r警,x".encode(), ["report.csv:3:", "byte 1 of the line (0xe8)"]),
    ],
)
def test_a_wrong_byte_of_another_encoding(encoding: str, content: bytes, words: list[str], tmp_path: Path) -> None:
    refused(written(tmp_path, content), plan(encoding=encoding), *words)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 100])
def test_a_wrong_byte_is_found_wherever_the_file_is_cut(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line ends of two characters, and the line of the wrong byte itself, come in several pieces."""
    monkeypatch.setattr(text, "CHUNK", size)
    content = "\ufeffa,b\r\n1,2\r\r\n".encode() + "x警,".encode() + b"\xff\r\n"  # lines: a,b / 1,2 / blank / x警,.
    stream = text.Utf8Stream(io.BytesIO(content), "utf-8")
    with pytest.raises(text.WrongByteError) as error:
        list(iter(stream.read, b""))
    assert (error.value.line, error.value.byte, error.value.value) == (4, 6, 0xFF)  # 1 + 3 + 1 bytes stand before it


def test_a_fault_far_in_the_file_is_found_by_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond many pieces: line 1 is the header, row i stands on line i + 2, so row 3000 on line 3002."""
    monkeypatch.setattr(text, "CHUNK", 1000)
    lines = [f"{i},警,x" for i in range(5000)]
    for wrong, words in (("3000,警", ["report.csv:3002:", "2 fields"]), ('3000,"警"y,x', ["report.csv:3002:", "not valid CSV"])):
        lines[3000] = wrong
        refused(written(tmp_path, "a,b,c\n" + "\n".join(lines)), plan(), *words)
    lines[3000] = "3000,警,x"
    body = ("a,b,c\n" + "\n".join(lines)).encode().replace(b"\n3000,", b"\n3000\xfe,")
    refused(written(tmp_path, body), plan(), "report.csv:3002:", "byte 5 of the line (0xfe)")


def test_a_record_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (records, csv_file):
        monkeypatch.setattr(module, "LONGEST", 100)
    monkeypatch.setattr(text, "CHUNK", 50)
    for endless in ("secret" * 100, "secret," * 100, '"secret\n' * 100 + '"'):
        message = refused(
            written(tmp_path, f"a,b\n1,2\n3,{endless}\n4,5\n"),
            plan(),
            "report.csv:3:",
            "not valid CSV" if '"' in endless else "longer than 100 bytes",
        )
        assert "secret" not in message


def test_a_reader_that_is_left_early_ends_with_its_program(tmp_path: Path) -> None:
    """No thread of a library may be reading through Python when the program ends: it would end by a signal, and not by the error's code."""
    written(tmp_path, "a,b\n" + "1,警\n" * 2_000_000)
    program = (
        "import sys\n"
        "from policestats.landing.files import open_files\n"
        "from tests.landing.files.reading import plan\n"
        "with open_files('desk', sys.argv[1]) as reader:\n"
        "    rows = reader.batches(plan(), columns=['a'])\n"
        "    next(rows)\n"
        "sys.exit(3)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=environment).returncode == 3


def test_a_comma_file_read_with_another_dialect_is_refused(tmp_path: Path) -> None:
    """The dialect is described, not guessed: with 'no quote' a quoted comma makes a row too long, and the error says what was taken as what."""
    message = refused(written(tmp_path, 'a,b\n1,"x, y"\n'), plan(quote="none"), "report.csv:2:", "3 fields, the header has 2")
    assert "never quoted (quote: none)" in message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encoding": "utf-9"}, "there is no encoding 'utf-9'"),
        ({"encoding": "hex"}, "there is no encoding 'hex'"),  # a codec, and not of texts
        ({"delimiter": "||"}, "delimiter '||' is not one ASCII character"),
        ({"delimiter": "，"}, "delimiter '，' is not one ASCII character"),
        ({"quote": "\n"}, "is not one ASCII character"),
        ({"delimiter": '"'}, "delimiter and quote are both"),
        ({"header": ["a", "b", "a"]}, "the column 'a' stands twice in 'header'"),
    ],
)
def test_a_description_that_makes_no_sense(options: dict[str, object], words: str, tmp_path: Path) -> None:
    written(tmp_path, HEAD)
    with pytest.raises(DefinitionError, match=re.escape(words)) as error:
        schema(tmp_path, plan(**options))
    assert "table 'report'" in str(error.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sheet": "January"}, "'sheet' is for xlsx files, and 'report.csv' is read as csv"),
        ({"format": "parquet", "file": "*.csv", "quote": "none"}, "'quote' is for csv files, and 'report.csv' is read as parquet"),
    ],
)
def test_options_of_another_format(options: dict[str, object], words: str, tmp_path: Path) -> None:
    refused(written(tmp_path, HEAD), plan(**options), words, "remove one of the two")


# --- against another reader of CSV -----------------------------------------------------------------------------------------

PIECES = ["a", "警", "NULL", " ", ",", '"', '""', "\n", "\r\n", "\r", '"a"', '"",', "a,b\n", '"x\ny",z\n']


def by_the_csv_module(content: str) -> list[tuple[str | None, ...]] | None:
    """The rows as Python's own csv module reads them; None when it finds a fault or a row of another length."""
    try:
        rows = [row for row in csv.reader(io.StringIO(content, newline=""), strict=True) if row]
    except csv.Error:
        return None
    if any(len(row) != 2 for row in rows):
        return None
    return [tuple(value or None for value in row) for row in rows[1:]]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.integers(1, 60))
def test_any_text_is_read_or_refused_as_by_the_csv_module(tmp_path: Path, pieces: list[str], size: int) -> None:
    content = "no,remark\n" + "".join(pieces)
    written(tmp_path, content)
    expected = by_the_csv_module(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "CHUNK", size)  # the file is cut anywhere
        if expected is None:
            with pytest.raises(ExtractError, match=r"report\.csv:\d+:"):
                read(tmp_path, plan())
        else:
            assert read(tmp_path, plan()) == expected
