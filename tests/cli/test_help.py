"""Every command teaches itself, and a mistake in its use ends with code 2 and a word on how to do it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from policestats.cli import cli
from tests.cli.commands import policestats

#: each command with the words that its help must not lack
COMMANDS = {
    "simulate": ["--home", "--months", "--seed", "--silent", "--size", "--scale", "--defects", "--drift", "--to", "six"],
    "extract": ["--standard", "--home", "--source", "NAME=URL-or-path"],
    "conform": ["--standard", "--home"],
    "rebuild": ["--standard", "--home"],
    "validate": ["--standard", "--home", "--as-of", "--format"],
    "tabulate": ["--standard", "--home", "--period", "--as-of", "--policy", "--form", "2026-W41"],
    "check": ["--standard", "--home", "--period", "--as-of"],
    "publish": ["--standard", "--home", "--period"],
    "run": ["--standard", "--home", "--period", "--source"],
    "form": ["--home", "FORM", "--unit", "--release", "--format"],
    "print": ["--home", "--unit", "--form", "--format", "--release", "--output"],
    "trace": ["--home", "FORM", "--row", "--column", "--unit", "--format"],
    "explain": ["--standard", "--home", "FORM", "--row", "--column", "--period", "--unit", "--sql"],
    "rate": ["--standard", "--home", "--release", "--unit", "--by", "--form", "--what-if", "--without", "SOURCE,SOURCE", "--format"],
    "fill": ["export", "import", "diff"],
    "legacy": ["import"],
    "check-templates": ["--standard", "--home", "FOLDER", "--period", "--to"],
    "forms": ["--standard", "--sources", "--format", "markdown"],
    "policies": ["--standard", "--home", "--policy", "--form", "--period", "--unit", "--format"],
    "sources": ["--standard", "--home", "--format"],
}


def test_these_are_all_commands() -> None:
    assert isinstance(cli, click.Group)
    assert set(cli.commands) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(command: str) -> None:
    done = policestats(command, "--help")
    assert (done.code, done.err) == (0, "")
    assert [word for word in COMMANDS[command] if word not in done.out] == []
    sentence = cli.commands[command].help or ""
    assert sentence.split(".")[0].count(" ") >= 4, "a sentence, not a word"
    for parameter in cli.commands[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{command} {parameter.opts} says nothing"


def test_the_first_page_names_every_command_and_a_first_try() -> None:
    done = policestats("--help")
    assert done.code == 0
    assert [c for c in COMMANDS if c not in done.out] == []
    assert "policestats run --home var --period" in done.out
    assert policestats("-h").out == done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tabulate"], "Missing option '--period'"),
        (["tabulat"], "No such command 'tabulat'"),
        (["form"], "Missing argument 'FORM'"),
        (["explain", "X01", "--row", "T"], "Missing option '--column'"),
        (["tabulate", "--period", "2026-10", "--perod", "x"], "No such option '--perod'"),
        (["run", "--period", "2026-10", "--source", "desk"], "'desk' is not written NAME=VALUE, for example"),
        (["run", "--period", "2026-10", "--source", "=x"], "'=x' is not written NAME=VALUE"),
        (["tabulate", "--period", "2026-10", "--policy", "late"], "'late' is not written NAME=VALUE"),
        (["rate", "--format", "xml"], "'xml' is not one of"),
        (["print", "--format", "html"], "'html' is not one of"),
        (["simulate", "--months", "0"], "0 is not in the range"),
        (["simulate", "--scale", "0.5"], "--scale goes with --size city or province"),
        (["simulate", "--size", "city", "--drift", "drop:incident.mo_code"], "--silent, --defects and --drift go with --size small"),
        (["simulate", "--size", "city", "--defects", "0.1"], "--silent, --defects and --drift go with --size small"),
        (["check-templates", "no/such/folder"], "does not exist"),
        (["tabulate", "--period", "2026-10", "--as-of", "yesterday"], "'yesterday' is not a valid integer"),
    ],
)  # fmt: skip
def test_wrong_usage_is_code_2_on_standard_error(words: list[str], said: str) -> None:
    done = policestats(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err.replace("No such option: --perod", "No such option '--perod'")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tabulate", "--period", "2026-02-30"], "error: period '2026-02-30': day"),
        (["tabulate", "--period", "october"], "is not written as 2026-10-03, 2026-W41, 2026-10, 2026-Q3, 2026-H1 or 2026"),
        (["tabulate", "--period", "2026-10"], "nothing has been landed yet: run 'policestats extract'"),
        (["tabulate", "--period", "2026-10", "--standard", "cnn"], "there is no standard 'cnn'; did you mean cn?"),
        (["tabulate", "--period", "2026-10", "--policy", "lat=restated"], "--policy: there is no policy 'lat'; did you mean late?"),
        (["tabulate", "--period", "2026-10", "--policy", "late=restate"], "policy 'late' has no choice 'restate'; did you mean restated?"),
        (["extract", "--source", "incident_dsk=x"], "--source: there is no source 'incident_dsk'; did you mean incident_desk?"),
        (["extract"], "no source has a location: give --source NAME=PATH or set POLICESTATS_SOURCE_<NAME>"),
        (["form", "X01"], "error: "),
        (["rate"], "error: "),
        (["publish", "--period", "2026-10"], "error: "),
        (["explain", "X1", "--row", "T", "--column", "FILED_M"], "there is no form 'X1'; did you mean X01"),
        (["explain", "X01", "--row", "TT", "--column", "FILED_M"], "form X01 has no row 'TT'"),
        (["explain", "X01", "--row", "T", "--column", "FILED"], "form X01 has no column 'FILED'; did you mean FILED_"),
        (["simulate", "--silent", "990000000001@2025-02"], "error: "),
        (["simulate", "--defects", "0.5"], "defects is 0.5; give the share of records with something wrong in them, at most 0.2"),
        (["simulate", "--drift", "lose:incident.mo_code"], "drift is 'lose:incident.mo_code'; write rename|drop|retype|add:TABLE.COLUMN"),
        (["simulate", "--to", "sqlite:////somewhere/x"], "SQLite has no schemas; give a folder"),
    ],
)  # fmt: skip
def test_what_a_user_can_cure_is_code_1_without_a_stack_trace(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("INCIDENT_DESK", "CASE_SYSTEM"):
        monkeypatch.delenv(f"POLICESTATS_SOURCE_{name}", raising=False)
    monkeypatch.setenv("POLICESTATS_HOME", str(tmp_path / "home"))
    done = policestats(*words)
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_the_script_itself(tmp_path: Path) -> None:
    """Once in a process of its own: the exit code, and no stack trace."""
    script = Path(sys.executable).parent / "policestats"
    done = subprocess.run([script, "tabulate", "--period", "2026-13", "--home", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: period '2026-13': month must be")
    assert "Traceback" not in done.stderr
