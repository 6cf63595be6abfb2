"""Dependencies are pinned, hashed, and the same ones that the project names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent.parent
REQUIREMENTS = ROOT / "requirements"
LOCKS = ("run.lock", "dev.lock")
_ENTRY = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[^\]]+\])?==(\S+)([^\n]*)((?:\n    --hash=\S+[ \\]*)*)", re.MULTILINE
)


def pinned(lock: str) -> dict[str, tuple[Version, str]]:
    """Name → version and hashes."""
    text = (REQUIREMENTS / lock).read_text()
    return {
        canonicalize_name(found[1]): (Version(found[2]), found[4])
        for found in _ENTRY.finditer(text)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_version_is_pinned_with_hashes(lock: str):
    """Nothing in a lock file can be exchanged without being noticed."""
    text = (REQUIREMENTS / lock).read_text()
    entries = _ENTRY.findall(text)
    # A package may stand there twice, for different Pythons.
    assert len(entries) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)) > 10
    assert [name for name, _, _, hashes in entries if "--hash=sha256:" not in hashes] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_says_what_not_whence(lock: str):
    """No lock file holds an address: whoever installs decides where from."""
    assert "://" not in (REQUIREMENTS / lock).read_text()


def test_what_runs_is_what_the_project_names():
    """Each dependency of pyproject.toml is locked, in a version that it allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    entries = pinned("run.lock")
    for text in project["dependencies"]:
        wanted = Requirement(text)
        version, _ = entries[canonicalize_name(wanted.name)]
        assert version in wanted.specifier, text


def test_what_is_compiled_from_is_what_the_project_names():
    """`make lock` starts from the dependencies of pyproject.toml, and from no others."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {str(Requirement(one)) for one in project["project"]["dependencies"]}
    named |= {str(Requirement(one)) for one in project["build-system"]["requires"]}
    lines = (REQUIREMENTS / "run.in").read_text().splitlines()
    given = {str(Requirement(one)) for one in lines if one and not one.startswith("#")}
    assert named <= given
    assert {Requirement(one).name for one in given - named} <= {"editables"}
