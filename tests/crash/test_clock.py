"""The wall clock is put an hour forward or back while mails are under way."""

from __future__ import annotations

import http.cookiejar
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiclient import Client, by_source
from jumpingclock import HOUR, JumpingClock
from manager import Program, document_of, metrics, wait_until
from relaythread import Held, RelayThread, only_for, reply
from scriptedrelay import Peer

HOUSEKEEPING_S = 7.0
"""Longer than the responder waits between two looks at leases, quiet alarms and expiry."""
SOON_S = 120.0
"""Far less than the hour that a wait must not grow by, and far more than any wait is long."""


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JumpingClock]:
    """The clock of every program that the test starts."""
    one = JumpingClock(tmp_path / "clock")
    for name, value in one.environment.items():
        monkeypatch.setenv(name, value)
    yield one
    one.close()


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[RelayThread]:
    """A relay that goes by the true time."""
    one = RelayThread(tmp_path / "relay")
    one.start()
    yield one
    one.stop()


class Browser:
    """Somebody who signed in to the pages."""

    def __init__(self, program: Program, url: str) -> None:
        self._url = url
        # As browsers do, which take loopback for safe: Secure cookies go over plain HTTP too.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        jar = http.cookiejar.CookieJar(policy)
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        self._sign_in((program.home / "first-password").read_text().strip())
        assert self.is_signed_in()

    def _sign_in(self, password: str) -> None:
        page = f"{self._url}/sign-in"
        with self._opener.open(page, timeout=30) as answer:
            hidden = re.search(
                r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode()
            )
        assert hidden is not None
        fields = {
            "csrfmiddlewaretoken": hidden[1],
            "name": "administrator",
            "password": password,
        }
        body = urllib.parse.urlencode(fields).encode()
        self._opener.open(urllib.request.Request(page, body), timeout=30).close()

    def is_signed_in(self) -> bool:
        """Whether a page is shown, rather than the form to sign in."""
        with self._opener.open(f"{self._url}/", timeout=30) as answer:
            return "/sign-in" not in answer.url


async def closed_for_now(peer: Peer) -> bool:
    """A relay that has no time for anybody."""
    await peer.say(b"421 4.3.2 Service not available\r\n")
    return True


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["an hour forward", "an hour back"])
def test_mails_leases_waits_and_sessions_outlive_a_jump(
    program: Program, relay: RelayThread, clock: JumpingClock, jump: int
) -> None:
    """Nothing is sent twice, ends or is given up by it, and no wait grows by an hour."""
    program.apply(document_of(relay.facts, **by_source("soon", "later", "slow")))
    client = Client(program, program.up())
    browser = Browser(program, client.url)
    held = Held()
    relay.behave(
        at_end=only_for("slow.example.net", held),
        at_data=only_for("later.example.net", reply(b"451 4.7.1 Try again later\r\n")),
    )
    client.report("soon", 5, "before")
    client.report("later", 5, "before later")
    wait_until(lambda: client.states("soon") == {"delivered"}, "the first mails")
    wait_until(lambda: client.states("later") == {"retrying"}, "what is refused for now")
    client.report("slow", 1, "before slow")
    wait_until(lambda: held.waiting == 1, "a mail between claim and record")

    clock.jump(jump)
    time.sleep(HOUSEKEEPING_S)
    assert client.states("slow") == {"sending"}
    relay.behave(at_end=only_for("slow.example.net", held))
    held.let_go()
    client.report("soon", 5, "after")
    wait_until(lambda: client.states("soon") == {"delivered"}, "the next mails", SOON_S)
    wait_until(lambda: client.states("slow") == {"delivered"}, "what was under way", SOON_S)
    wait_until(lambda: client.states("later") == {"delivered"}, "what was refused", SOON_S)

    # The same for a relay that is paused: the pause must end in its own time.
    relay.behave(greeting=closed_for_now)
    relay.hang_up()
    client.report("soon", 5, "paused")
    paused = 'tocsin_relay_paused{relay="smtp"}'
    wait_until(lambda: metrics(client.url).get(paused) == 1, "the pause")
    clock.jump(jump)
    time.sleep(HOUSEKEEPING_S)
    relay.behave()
    wait_until(lambda: client.states("soon") == {"delivered"}, "what waited", SOON_S)

    everything = [one for fate in ("soon", "later", "slow") for one in client.deliveries(fate)]
    assert relay.arrived() == {one["message_id"]: 1 for one in everything}
    assert len(everything) == 21
    assert not any(one["maybe_twice"] for one in everything)
    assert browser.is_signed_in()
    found = client.alarms()
    assert {one["state"] for one in found} == {"active"}
    names = [one["type"].rpartition(" ")[0] for one in found]
    order = ["paused", "after", "before slow", "before later", "before"]
    assert list(dict.fromkeys(names)) == order
