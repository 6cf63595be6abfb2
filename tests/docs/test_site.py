"""The documentation as it is built."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tocsin.cli.main import COMMANDS
from tocsin.faults.catalogue import FAULTS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; the build is strict, so a dead link or anchor ends it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"),
            *("--site-dir", str(folder), "--config-file", str(ROOT / "mkdocs.yml")),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Loaded(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Scripts, images, frames and style sheets."""
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "source"} and given.get("src"):
            self.addresses.append(str(given["src"]))
        if tag == "link" and given.get("rel") not in {"next", "prev", "canonical"}:
            self.addresses.append(str(given.get("href")))


def test_nothing_is_loaded_from_elsewhere(site: Path):
    """A page needs no other server: no fonts, scripts, images or styles from elsewhere."""
    for path in site.rglob("*.html"):
        page = Loaded()
        page.feed(path.read_text())
        foreign = [one for one in page.addresses if re.match(r"(https?:)?//", one)]
        assert foreign == [], path


def test_every_fault_has_its_page(site: Path):
    """Each code of the catalogue has an address of its own, with cause and fix."""
    for code in FAULTS:
        text = (site / "faults" / code / "index.html").read_text()
        assert "What to do" in text
        assert "not known)" not in text, f"{code} shows a fact without a default"


def test_every_command_has_its_place(site: Path):
    """Each command can be linked to."""
    text = (site / "reference" / "commands" / "index.html").read_text()
    assert [name for name in COMMANDS if f'id="{name}"' not in text] == []


def test_every_request_of_the_interface_is_listed(site: Path):
    """The requests that the API describes stand on its page."""
    text = (site / "reference" / "http" / "index.html").read_text()
    for request in ("POST /api/v1/alarms", "GET /api/v1/deliveries", "GET /api/v1/alarms/{id}"):
        assert request in text
