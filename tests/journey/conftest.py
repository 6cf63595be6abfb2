"""A real manager, and a real browser in front of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from manager import Program, document_of, wait_until

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


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A manager as it is after the very first start: nothing is configured."""
    program = Program(tmp_path)
    try:
        yield Manager(program, program.up())
    finally:
        program.stop()


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
INSIDE, OUTSIDE = "Mail the SOC", "Mail somebody outside"


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager that has seen something: alarms, mails that arrived, mails that were refused.

    The rehearsal relay stands in as a new account of SES, which may write to nobody whose
    address is not verified. Journeys that use it leave it as they found it.
    """
    program = Program(tmp_path_factory.mktemp("stocked"))
    try:
        relay = program.rehearse(
            *("--stand-in", "--sandbox", "--identity", "example.com"),
            *("--rate", "1000", "--quota", "100000"),
        )
        program.apply(_stock(relay))
        manager = Manager(program, program.up())
        manager.report(*_alarms())
        wait_until(lambda: _settled(program), "every delivery")
        yield manager
    finally:
        program.stop()


def _stock(relay: dict[str, Any]) -> dict[str, Any]:
    document = document_of(relay)
    outside = {"name": OUTSIDE, "kind": "email", "to": ["outside@example.net"]}
    return {
        **document,
        "actions": [*document["actions"], outside],
        "rules": [
            {"name": "Everything", "when": {}, "active": [INSIDE]},
            {"name": "Grave ones", "when": {"severity": "critical"}, "active": [OUTSIDE]},
            {"name": "Nothing any more", "enabled": False, "when": {"type": "x"}, "active": []},
        ],
    }


def _alarms() -> list[dict[str, Any]]:
    """Alarms of every severity, one of them full, one hostile, and enough for a second part."""
    many = [
        {
            "type": f"ET SCAN Potential SSH Scan {place}",
            "category": "Recon",
            "severity": ("major", "minor", "trivial", "informational")[place % 4],
            "source_host": {"ip": f"198.51.100.{place}", "port": 40000 + place},
            "target_host": {"ip": "192.0.2.22", "port": 22, "name": "bastion.example.com"},
            "protocol": "TCP",
        }
        for place in range(1, 61)
    ]
    full = {
        "type": "Suspect Data Loss",
        "category": "Exfiltration",
        "severity": "critical",
        "source": "flow-collector-1",
        "source_host": {
            "ip": "192.0.2.77",
            "port": 51515,
            "name": "workstation-77.example.com",
            "mac": "00:00:5e:00:53:4d",
            "user": "m.example",
            "groups": ["Workstations", "Finance"],
        },
        "target_host": {"ip": "2001:db8:85a3::8a2e:370:7334", "port": 443},
        "protocol": "TCP",
        "details": "7.2 GB in 40 minutes to a host that nobody here had spoken to before.\n"
        "The usual daily volume of this host is 60 MB.",
        "url": "https://sensor.example.com/alarms/4711",
        "attributes": {"signature_id": "2001219", "bytes_out": "7730941132"},
    }
    hostile = {"type": HOSTILE, "severity": "minor", "details": HOSTILE}
    return [*many, hostile, full]


def _settled(program: Program) -> bool:
    deliveries = program.json("deliveries")
    over = {"delivered", "failed", "cancelled", "unknown"}
    return len(deliveries) == 63 and {one["state"] for one in deliveries} <= over


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

    def go(self, path: str, status: int = 200) -> Page:
        """Open a page of the manager, which must be there."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, path
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
        self.choose_password()

    def choose_password(self) -> None:
        """Replace the one-time password."""
        self.page.get_by_label("New password", exact=True).fill(PASSWORD)
        self.page.get_by_label("Once more").fill(PASSWORD)
        self.page.get_by_role("button", name="Set the password").click()
        self.page.wait_for_url(f"{self.address}/")


Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def cookies(browser: Browser, stocked: Manager) -> list[Any]:
    """What a browser holds once the administrator of `stocked` has signed in."""
    visit = Visit(browser.new_context(), stocked.address)
    visit.settle(stocked.one_time_password)
    held = visit.context.cookies()
    visit.context.close()
    return list(held)


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


@pytest.fixture
def inside(visitor: Visitor, stocked: Manager, cookies: list[Any]) -> Visitor:
    """Opens browsers in which the administrator of `stocked` has signed in."""

    def visit(**options: Any) -> Visit:
        one = visitor(stocked.address, **options)
        one.context.add_cookies(cookies)
        return one

    return visit
