"""Commands that need no manager start without what only a manager needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, sys
from tocsin.cli.main import run
status = run(sys.argv[1:])
print("\\n" + json.dumps([status, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
FRAMEWORK = {"django", "ninja", "granian", "psycopg", "whitenoise"}


def loaded(folder: Path, *arguments: str, given: str = "") -> tuple[int, set[str]]:
    """Exit status of a command in a process of its own, and the packages it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        input=given,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "TOCSIN_HOME": str(folder / "home")},
        timeout=120,
        check=True,
    )
    status, names = json.loads(done.stdout.splitlines()[-1])
    return status, set(names)


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        (["certs", "collect", "127.0.0.1:1", "--timeout", "5"], "", 1),
        (["doctor", "127.0.0.1:1", "--timeout", "5"], "", 1),
        (["ses", "password", "--region", "eu-west-1"], "some+secret+key", 0),
        (["rehearse", "--fault", "list"], "", 0),
        (["ses", "endpoints"], "", 0),
        (["message", "verify", "-", "--no-dns"], "Subject: x\n\n", 0),
        (["explain", "curl: (67) Login denied"], "", 0),
        (["explain", "-"], "nothing that is known", 1),
        (["demo", "--help"], "", 0),
        (["up", "--help"], "", 0),
        (["up", "--bind", "nonsense"], "", 2),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_no_web_framework_is_loaded(arguments, given, expected, tmp_path: Path):
    """Neither Django nor what serves it, and no home is made by looking."""
    status, names = loaded(tmp_path, *arguments, given=given)
    assert status == expected
    assert not names & FRAMEWORK
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nothing"], []])
def test_the_help_loads_next_to_nothing(arguments, tmp_path: Path):
    """Neither cryptography nor pydantic nor YAML nor templates, let alone a web framework."""
    _, names = loaded(tmp_path, *arguments)
    assert not names & (FRAMEWORK | {"cryptography", "pydantic", "yaml", "jinja2", "structlog"})


def test_a_command_that_needs_the_store_loads_it(tmp_path: Path):
    """The look at what is loaded sees Django where there is Django."""
    status, names = loaded(tmp_path, "user", "list")
    assert status == 0
    assert "django" in names
