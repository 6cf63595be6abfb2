"""A real manager, and a real browser in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from browsing import DESK, Manager, Visit, settled, stock, stock_alarms
from manager import Program, wait_until

CHROMIUM = Path("/usr/bin/chromium")
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


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A manager as it is after the very first start: nothing is configured."""
    program = Program(tmp_path)
    try:
        yield Manager(program, program.up())
    finally:
        program.stop()


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """A manager that has seen something: alarms, mails that arrived, mails that were refused.

    The rehearsal relay stands in as a new account of SES, which may write to nobody whose
    address is not verified. Journeys that use it leave it as they found it.
    """
    program = Program(tmp_path_factory.mktemp("stocked"))
    try:
        relay = program.rehearse(
            *("--home", str(program.home), "--stand-in"),
            *("--sandbox", "--identity", "example.com"),
            *("--rate", "1000", "--quota", "100000"),
        )
        program.apply(stock(relay))
        manager = Manager(program, program.up())
        manager.report(*stock_alarms())
        wait_until(lambda: settled(program), "every delivery")
        yield manager
    finally:
        program.stop()


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
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Opens browsers at an address; at the end none may have complained."""
    if "manager" in request.fixturenames:
        # Begun before the browsers it ends after them: a page that lives asks it to the last.
        request.getfixturevalue("manager")
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


@pytest.fixture(scope="session")
def ids(stocked) -> dict[str, str]:
    """What stands for the names in addresses."""
    by_state = {one["state"]: one["id"] for one in stocked.program.json("deliveries")}
    (grave,) = stocked.program.json("alarm", "list", "--severity", "critical")
    return {"alarm": grave["id"], "failed": by_state["failed"], "delivered": by_state["delivered"]}
