"""kill -9 of the responder while a canary is queued, sent, accepted, looked for and deleted.

Time does not pass here: what is due is made due in the store.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chains
import imapserver
from imapserver import ImapMailbox, dovecot_imap
from manager import Program, document_of, wait_until
from tocsin.engine.arrivalledger import NOT_ARRIVING

pytestmark = pytest.mark.skipif(not imapserver.PROGRAM.exists(), reason="needs dovecot-imapd")

ROOT = chains.make("Example Root CA 1", organization="Example Trust", ca=True, ends=4000)
SERVER = chains.make("localhost", issuer=ROOT)
OTHERS = b"Subject: X-Tocsin-Canary\r\n\r\nsomebody else's\r\n"
_TOKEN = re.compile(rb"^X-Tocsin-Canary: ([0-9a-f-]{36})\.", re.MULTILINE)
MOMENTS = ("queued", "taken", "looked for", "arrived", "accepted")
PATIENCE = 600_000_000
"""Microseconds, as in the document."""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[ImapMailbox]:
    """A mailbox of Dovecot in which a mail of somebody else lies."""
    folder = tmp_path / "dovecot"
    folder.mkdir()
    certificates, key = chains.write_chain(folder, [SERVER])
    with dovecot_imap(folder, Path(certificates), Path(key)) as one:
        one.put(OTHERS)
        yield one


class Scene:
    """A responder that is killed, a relay that keeps mails, and who carries them on."""

    def __init__(self, program: Program, box: ImapMailbox) -> None:
        self.program = program
        self.box = box
        relay = program.rehearse("--no-signatures")
        self.inbox = Path(relay["inbox"])
        (program.folder / "mailbox.pw").write_text(imapserver.PASSWORD + "\n")
        (program.folder / "mailbox.pem").write_bytes(ROOT.pem)
        document = document_of(
            relay,
            arrival={
                "to": "probe@example.org",
                "server": "localhost",
                "port": box.imaps,
                "user": imapserver.USER,
                "password_file": "mailbox.pw",
                "patience_s": PATIENCE // 1_000_000,
            },
        )
        document["trust"].append({"name": "Mailbox", "file": "mailbox.pem"})
        program.apply(document)
        self._carried: set[Path] = set()

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the store holds, or a change of it."""
        path = self.program.home / "tocsin.db"
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as store, store:
            return store.execute(statement).fetchall()

    def count(self, statement: str) -> int:
        """A number of the store."""
        return int(self.rows(f"SELECT count(*) FROM {statement}")[0][0])

    def give_up(self) -> None:
        """A look that was under way will not come back, as it seems when its lease is over."""
        self.rows("UPDATE arrival_probe SET look_at = 0, looking_until = 0, looked_at = NULL")

    def make_due(self) -> None:
        """The next canary, beside the next look."""
        self.give_up()
        self.rows("UPDATE arrival_probe SET due_at = 1")

    def carry(self) -> None:
        """Put the canaries that the relay took into the mailbox, each once."""
        new = set(self.inbox.glob("*.eml")) - self._carried
        for content in (one.read_bytes() for one in new):
            if _TOKEN.search(content):  # and not the mails of alarms
                self.box.put(content)
        self._carried |= new

    def has_come(self, moment: str, before: int) -> bool:
        """Whether a canary beyond the first `before` is as far as that."""
        states = list(self.states().items())[before:]
        if not states:
            if not before and self.count("sqlite_master WHERE name = 'arrival_probe'"):
                self.rows("UPDATE arrival_probe SET due_at = 1")  # there only now
            return False
        ((newest, state),) = states
        if moment in {"looked for", "arrived"}:
            self.carry()
            self.look()
        accepted = self.count(f"arrival_canary WHERE id = '{newest}' AND accepted_at > 0") > 0
        return {
            "queued": True,
            "taken": newest in self.sent(),
            "accepted": accepted,
            # A look can be over before it was seen.
            "looked for": state == "arrived" or (accepted and self.is_looking()),
        }.get(moment, state == moment)

    def is_looking(self) -> bool:
        """Whether a look is under way."""
        return self.count("arrival_probe WHERE looking_until > 0") > 0

    def work_until(self, moment: str, *, anew: bool = True) -> None:
        """A responder works until then, and not a moment longer; `anew`: with a new canary."""
        before = len(self.states()) - (not anew)
        responder = self.program.start("responder")
        try:
            deadline = time.monotonic() + 60
            while not self.has_come(moment, before):
                assert time.monotonic() < deadline, moment
                time.sleep(0.001)  # a moment is short
        finally:
            responder.kill()
            responder.wait()

    def carry_on(self) -> bool:
        """Let all come that was taken; whether all of it has arrived and lies there no more."""
        self.carry()
        self.look()
        return self.box.mails() == [OTHERS] and self.newest_arrived()

    def newest_arrived(self) -> bool:
        """Whether the canary that was sent last came to the mailbox."""
        return list(self.states().values())[-1] in {"arrived", "late"}

    def look(self) -> None:
        """The next look is due."""
        self.rows("UPDATE arrival_probe SET look_at = 0 WHERE look_at > 0")

    def age(self, which: str = "true") -> None:
        """Let the patience with canaries be over."""
        shift = f"accepted_at = accepted_at - {2 * PATIENCE}"
        self.rows(f"UPDATE arrival_canary SET {shift} WHERE {which}")

    def is_settled(self) -> bool:
        """Whether each canary has come to something."""
        self.look()
        return not self.count("arrival_canary WHERE state = 'waiting'")

    def states(self) -> dict[str, str]:
        """The state of each canary."""
        return dict(self.rows("SELECT id, state FROM arrival_canary ORDER BY id"))

    def sent(self) -> Counter[str]:
        """How often the relay took each canary."""
        found = [_TOKEN.search(one.read_bytes()) for one in self.inbox.glob("*.eml")]
        return Counter(one[1].decode() for one in found if one is not None)

    def alarms(self) -> list[str]:
        """The types of active alarms."""
        return [one for (one,) in self.rows("SELECT type FROM alarm WHERE state = 'active'")]


def test_no_canary_is_lost_or_counted_twice(program: Program, box: ImapMailbox):
    """Killed at each moment: what came is accounted for, once, and what did not is told once."""
    scene = Scene(program, box)
    for moment in MOMENTS:
        scene.make_due()
        scene.work_until(moment)
    scene.age(f"id = '{list(scene.states())[-1]}'")  # nobody carries the last one on
    scene.give_up()
    scene.work_until("missing", anew=False)
    assert scene.alarms() == [NOT_ARRIVING]

    scene.give_up()
    program.start("responder")
    wait_until(lambda: bool(scene.count("arrival_probe WHERE looked_at > 0")), "a look")
    assert scene.alarms() == [NOT_ARRIVING]
    wait_until(scene.carry_on, "what was taken")
    scene.age("state = 'waiting'")
    wait_until(scene.is_settled, "the others")
    sent, states = scene.sent(), scene.states()
    assert set(sent.values()) == {1}
    *others, last = states
    assert len(states) == len(MOMENTS)
    assert states == {
        **{one: "arrived" if one in sent else "not-sent" for one in others},
        last: "late",
    }
    counted = "SELECT labels, value FROM counter WHERE name = 'tocsin_canaries_total'"
    expected = Counter([*states.values(), "missing"])
    assert dict(scene.rows(counted)) == {f'state="{one}"': expected[one] for one in expected}
    receipts = scene.rows("SELECT delivery_id FROM recipient_receipt WHERE standing = 'arrived'")
    assert {one for (one,) in receipts} == set(sent)
    wait_until(lambda: box.mails() == [OTHERS], "what is not ours, and nothing else")
    assert not scene.alarms()
    assert scene.count(f"alarm WHERE type = '{NOT_ARRIVING}'") == 1
