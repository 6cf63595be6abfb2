"""What no file of the project says, and what no code of it does."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yml",
    ".yaml",
    ".html",
    ".css",
    ".js",
    ".c",
    ".lock",
    ".in",
    ".po",
    ".txt",
    "",
}


@cache
def files() -> list[Path]:
    """The project's own files; all but what git is told to ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in found if path.is_file() and path.suffix in TEXT]


def occurrences(pattern: re.Pattern[str]) -> Iterator[str]:
    """Where a pattern occurs, this file left out."""
    for path in files():
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if pattern.search(line):
                yield f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        (
            "registry",
            r"(?<!emit-)index-url|find-links|https?://[\w.-]*(?:packages|registry|simple|mirror)\b",
        ),
        ("folder of one machine", r"(?<![\w.])/(root|home/\w+)/"),
        ("note to oneself", r"\b(TODO|FIXME|XXX|HACK)\b"),
        ("marker of an unfinished merge", r"^(<{7}|>{7}) "),
    ],
)
def test_no_file_names_it(what: str, pattern: str):
    """No file names a registry, a folder of one machine, or something left undone."""
    assert list(occurrences(re.compile(pattern))) == [], what


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, by the dotted name of what is called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def python() -> Iterator[Path]:
    """The project's Python files."""
    return (path for path in files() if path.suffix == ".py")


def test_nobody_trusts_by_default():
    """No file makes a TLS context that trusts the system's certificates, or none at all."""
    forbidden = {"_create_unverified_context", "_create_stdlib_context", "get_server_certificate"}
    found = []
    for path in python():
        for name, call in calls(path):
            last = name.rpartition(".")[2]
            given = {word.arg for word in call.keywords} & {"cafile", "cadata"}
            in_program = ROOT / "src" in path.parents
            default = last == "create_default_context" and (in_program or not given)
            if default or last in forbidden:
                found.append(f"{path}:{call.lineno}: {name}")
    assert found == []


def test_nobody_starts_tls_without_saying_whom_it_trusts():
    """No file calls smtplib's starttls or SMTP_SSL without a context: those verify nothing."""
    found = []
    for path in python():
        if "smtplib" not in path.read_text() or path == Path(__file__):
            continue
        for name, call in calls(path):
            bare = not any(word.arg == "context" for word in call.keywords)
            if name.rpartition(".")[2] in {"starttls", "SMTP_SSL"} and bare:
                found.append(f"{path}:{call.lineno}")
    assert found == []


def test_the_program_does_not_use_smtplib():
    """Mail leaves by the mail package alone."""
    sources = [path for path in python() if ROOT / "src" in path.parents]
    assert [path for path in sources if re.search(r"import smtplib", path.read_text())] == []


def test_modules_are_no_drawers():
    """No module is called by what it is for all and sundry."""
    drawers = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}
    assert [path for path in python() if path.name in drawers] == []
