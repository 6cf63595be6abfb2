"""A real manager, and a real browser in front of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from manager import Program
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "a password of the journey"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 380, "height": 800}
# A browser that keeps to itself: nothing is looked up or fetched but what the test asks for.
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a screen."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    with sync_playwright() as driver:
        one = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(_QUIET))
        yield one
        one.close()


class Manager:
    """A manager that runs, and what a person needs to get in."""

    def __init__(self, program: Program, address: str) -> None:
        self.program = program
        self.address = address

    @property
    def one_time_password(self) -> str:
        """The first administrator's."""
        return (self.program.home / "first-password").read_text().strip()

    def report(self, *alarms: dict[str, Any]) -> list[str]:
        """Report alarms; gives their ids."""
        results = self.program.json("alarm", "send", "-", text=json.dumps(alarms))
        assert all(one["ok"] for one in results), results
        return [one["id"] for one in results]


@contextmanager
def running(folder: Path, *arguments: str, document: Any = None) -> Iterator[Manager]:
    """A manager in that folder, while the block lasts.

    `document` makes the configuration that it starts with of the rehearsal relay's facts;
    without it there is neither a relay nor a configuration.
    """
    program = Program(folder)
    try:
        if document is not None:
            program.apply(document(program.rehearse("--no-signatures")))
        yield Manager(program, program.up(*arguments))
    finally:
        program.stop()


class Visit:
    """One person's browser; whatever it complains of is kept."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.complaints: list[str] = []
        self.page = self.open()

    def open(self) -> Page:
        """A page of its own in this browser."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # Answers of 4xx are asked for by some journeys; everything else is a defect.
        if message.type in {"error", "warning"} and "the server responded with" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str) -> Page:
        """Open a page of the manager."""
        self.page.goto(self.address + path)
        return self.page

    def sign_in(self, name: str, password: str) -> None:
        """Fill the form and send it."""
        self.go("/sign-in")
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def settle(self, one_time: str) -> None:
        """Sign in as the first administrator and choose a password."""
        self.sign_in("administrator", one_time)
        self.page.get_by_label("New password", exact=True).fill(PASSWORD)
        self.page.get_by_label("New password again").fill(PASSWORD)
        self.page.get_by_role("button", name="Set password").click()
        self.page.wait_for_url(f"{self.address}/")


Visitor = Callable[..., Visit]


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Opens browsers at an address; at the end none may have complained."""
    visits: list[Visit] = []

    def visit(address: str, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": DESK, "reduced_motion": "reduce", **options})
        context.set_default_timeout(20_000)
        visits.append(Visit(context, address))
        return visits[-1]

    yield visit
    for one in visits:
        one.context.close()
    assert [one.complaints for one in visits if one.complaints] == []
