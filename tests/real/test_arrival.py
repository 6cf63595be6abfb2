"""The arrival probe against Dovecot: what is found there, what is not, and what cannot be read."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import chains
import imapserver
from imapserver import ImapMailbox, dovecot_imap
from manager import Program, document_of, wait_until
from tocsin.base.clock import SECOND, now, to_datetime
from tocsin.base.ids import uuid7
from tocsin.base.secret import Secret
from tocsin.domain.severity import Severity
from tocsin.engine import access, arrival, arrivalmail, configuration
from tocsin.engine.arrivalledger import NOT_ARRIVING, NOT_CHECKED
from tocsin.engine.arrivallook import settings_of
from tocsin.engine.arrivalwatch import ArrivalWatch
from tocsin.engine.storethread import StoreThread
from tocsin.mail.imap.mailbox import Mailbox
from tocsin.mail.message import compose
from tocsin.store import models
from tocsin.store.queries import outgoing

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not imapserver.PROGRAM.exists(), reason="needs dovecot-imapd"),
]

ROOT = chains.make("Example Root CA 1", organization="Example Trust", ca=True, ends=4000)
SERVER = chains.make("localhost", issuer=ROOT)
TO = "probe@example.org"


@pytest.fixture(scope="module")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapMailbox]:
    """One server for the tests of this file."""
    folder = tmp_path_factory.mktemp("dovecot")
    certificates, key = chains.write_chain(folder, [SERVER])
    with dovecot_imap(folder, Path(certificates), Path(key)) as box:
        yield box


@pytest.fixture
def box(dovecot: ImapMailbox) -> Iterator[ImapMailbox]:
    """The mailbox, emptied afterwards."""
    yield dovecot
    for one in dovecot.folder.rglob("*"):
        if one.is_file() and one.parent.name in {"new", "cur"}:
            one.unlink()
    shutil.rmtree(dovecot.folder / ".Junk", ignore_errors=True)


class SetClock:
    """A clock that stands until it is set on."""

    def __init__(self) -> None:
        self.time = now()

    def now(self) -> int:
        """The time that was set."""
        return self.time

    def monotonic(self) -> float:
        """The same in seconds."""
        return self.time / SECOND


class Probing:
    """A responder's probe, stepped by the test, and a relay that takes whatever it is given."""

    def __init__(self, box: ImapMailbox) -> None:
        self.box = box
        self.clock = SetClock()

    def configure(self, **other: Any) -> None:
        """Have the probe so."""
        settings = {
            "to": TO,
            "server": "localhost",
            "port": self.box.imaps,
            "user": imapserver.USER,
            "password": Secret(imapserver.PASSWORD),
            **other,
        }
        relay = {
            "server": "relay.example.com",
            "port": 587,
            "encryption": "starttls",
            "from": "tocsin@example.com",
        }
        trust = [{"name": "Example Root CA 1", "pem": ROOT.pem.decode()}]
        document = {"smtp": relay, "trust": trust, "arrival": settings}
        configuration.change(access.LOCAL, document)

    def step(self, forward_s: float = 0.0) -> None:
        """Let the time pass, and the probe do what is due."""
        self.clock.time += int(forward_s * SECOND)

        async def run() -> None:
            store = StoreThread()
            try:
                await ArrivalWatch(store, clock=self.clock).step()
            finally:
                await store.close()

        asyncio.run(run())

    def send(self) -> tuple[str, bytes]:
        """The canary that is due: its id and its mail, which the relay has accepted."""
        self.step()  # the configuration is taken over
        self.step(1000)
        (one,) = outgoing.waiting(self.clock.time, 10, tests=True)
        models.Delivery.objects.filter(id=one.id).update(
            state="delivered", delivered_at=self.clock.time
        )
        return one.id, compose(arrivalmail.canary_mail(one, "tocsin@example.com"))

    def received(self, content: bytes, after_s: float) -> bytes:
        """The mail with what the last server puts on top, so long after now."""
        moment = to_datetime(self.clock.time + int(after_s * SECOND))
        date = moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
        hop = f"from relay.example.com by mx.example.org with ESMTPS id 1;\r\n {date}"
        return f"Received: {hop}\r\n".encode() + content


@pytest.fixture
def probing(box: ImapMailbox, home: Path) -> Probing:
    """Configured."""
    one = Probing(box)
    one.configure()
    return one


def active() -> list[str]:
    """The types of active alarms."""
    return sorted(models.Alarm.objects.filter(state="active").values_list("type", flat=True))


def canary(id_: str) -> arrival.Canary:
    """What became of a canary."""
    return arrival.canary(access.LOCAL, id_)


def test_a_canary_arrives(probing: Probing):
    """Its latency is that of the last server's field; it is deleted, and other mail is not."""
    id_, mail = probing.send()
    probing.box.put(b"Subject: somebody else's\r\n\r\nstays\r\n")
    probing.box.put(probing.received(mail, 7))
    probing.step(9)
    probing.step(5)
    one = canary(id_)
    assert (one.state, one.measured, one.folder) == ("arrived", "received", "INBOX")
    assert one.latency_s is not None
    assert 6 <= one.latency_s <= 7
    assert [by for by, _ in one.hops] == ["mx.example.org"]
    assert [b"stays" in one for one in probing.box.mails()] == [True]
    receipt = models.RecipientReceipt.objects.get(delivery=id_)
    assert (receipt.address, receipt.standing) == (TO, "arrived")
    assert not active()
    assert arrival.arrival(access.LOCAL).arrives


def test_one_that_does_not_arrive_is_an_alarm_until_it_does(probing: Probing):
    """Not before its patience is over; when it comes after all, late, the alarm ends."""
    id_, mail = probing.send()
    probing.step(1)
    probing.step(200)
    assert canary(id_).state == "waiting"
    assert not active()
    probing.step(200)
    one = canary(id_)
    assert (one.state, one.explained and one.explained.code) == ("missing", "arrival.missing")
    assert active() == [NOT_ARRIVING]
    probing.box.put(probing.received(mail, 100))
    probing.step(310)
    one = canary(id_)
    assert (one.state, one.explained and one.explained.code) == ("late", "arrival.late")
    assert one.latency_s is not None
    assert one.latency_s > 300
    assert not active()


def test_the_second_in_a_row_is_graver(probing: Probing):
    """One may be lost; two are the way."""
    for expected in (Severity.MAJOR, Severity.CRITICAL):
        probing.send()
        probing.step(1)
        probing.step(400)
        assert models.Alarm.objects.get(state="active").severity == expected.rank


def _forged(_id: str, mail: bytes) -> bytes:
    start = mail.index(b"X-Tocsin-Canary:")
    end = mail.index(b"\r\n", start)
    other = bytes(one ^ 1 if 48 <= one <= 57 else one for one in mail[end - 32 : end])
    return mail[: end - 32] + other + mail[end:]


def _answered(_id: str, mail: bytes) -> bytes:
    return mail.replace(b"Auto-Submitted: auto-generated", b"Auto-Submitted: auto-replied")


def _returned(_id: str, mail: bytes) -> bytes:
    return b"Return-Path: <>\r\n" + mail


@pytest.mark.parametrize("change", [_forged, _answered, _returned])
def test_what_is_no_canary_is_no_arrival(probing: Probing, change: Callable[[str, bytes], bytes]):
    """A guessed signature, an automatic answer and a bounce: none counts, none is deleted."""
    id_, mail = probing.send()
    probing.box.put(change(id_, mail))
    probing.step(1)
    probing.step(400)
    assert canary(id_).state == "missing"
    assert len(probing.box.mails()) == 1


def test_the_newest_is_found_where_the_server_finds_nothing(probing: Probing):
    """Its day is wrong there, and sixty older canaries lie before it that nobody deletes."""
    probing.configure(delete=False)
    id_, mail = probing.send()
    older = (mail.replace(id_.encode(), uuid7().encode()) for _ in range(60))
    token = arrivalmail.token(id_).encode()
    for one in older:
        other = re.search(rb"canary: (\S+)\.", one, re.IGNORECASE)
        assert other is not None
        known = arrivalmail.token(other[1].decode()).encode()
        probing.box.put(one.replace(other[1] + token[36:], known))
    probing.box.put(mail)
    for one in probing.box.folder.glob("new/*"):
        os.utime(one, (10**9, 10**9))
    probing.step(1)
    probing.step(5)
    assert canary(id_).state == "arrived"
    assert len(probing.box.mails()) == 61


@pytest.mark.parametrize(("validity", "left"), [(None, 0), ("1", 1)])
def test_a_folder_that_was_made_anew_is_left_alone(
    probing: Probing, validity: str | None, left: int
):
    """The same number is another mail's there."""
    id_, mail = probing.send()
    probing.box.put(mail)
    settings = settings_of(configuration.current().configuration)
    assert settings is not None
    mailbox = Mailbox(settings)
    (found,) = mailbox.find(
        arrivalmail.FIELD, [arrivalmail.token(id_)], arrivalmail.is_token, since=now(), junk=False
    )
    assert found.validity.isdigit()
    mailbox.remove([replace(found, validity=validity or found.validity)])
    mailbox.close()
    assert len(probing.box.mails()) == left


def test_the_junk_folder_is_told(probing: Probing):
    """It arrived where nobody looks: an alarm, with the folder's name."""
    id_, mail = probing.send()
    probing.box.put(mail, "Junk")
    probing.step(1)
    probing.step(400)
    one = canary(id_)
    assert (one.state, one.folder) == ("missing", "Junk")
    assert one.explained is not None
    assert one.explained.code == "arrival.junk"
    assert active() == [NOT_ARRIVING]
    probing.step(700)
    assert canary(id_).folder == "Junk"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"password": Secret("another")}, "imap.sign-in-rejected"),
        ({"folder": "Alarms/日本"}, "imap.folder-missing"),
        ({"server": "127.0.0.1"}, "tls.name-mismatch"),
        ({"port": 1}, "tcp.refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mailbox_that_cannot_be_read_is_another_alarm(
    probing: Probing, wrong: dict[str, Any], code: str
):
    """Each with its code; nothing is said about arrival, and it ends when it can be read."""
    probing.configure(**wrong)
    id_, mail = probing.send()
    probing.step(1)
    for seconds in (5, 400):
        probing.step(seconds)
    assert canary(id_).state == "waiting"
    view = arrival.arrival(access.LOCAL)
    assert view.state == "unreadable"
    assert view.mailbox is not None
    assert view.mailbox.code == code
    assert active() == [NOT_CHECKED]
    probing.configure()
    probing.step()
    probing.box.put(mail)
    probing.step(1000)
    assert not active()


def test_an_untrusted_server_gets_no_password(probing: Probing):
    """Its chain must lead to the trust store, as that of a relay must; also after STARTTLS."""
    probing.configure(encryption="starttls", port=probing.box.starttls)
    configuration.change(access.LOCAL, {"trust": []})
    probing.send()
    probing.step(1)
    probing.step(5)
    view = arrival.arrival(access.LOCAL)
    assert view.mailbox is not None
    assert view.mailbox.code.startswith("tls.")
    assert active() == [NOT_CHECKED]


def test_the_whole_way(program: Program, dovecot: ImapMailbox, box: ImapMailbox):
    """A manager sends by its relay, finds the mail in the mailbox, and says so in every face."""
    relay = program.rehearse()
    (program.folder / "mailbox.pw").write_text(imapserver.PASSWORD + "\n")
    (program.folder / "mailbox.pem").write_bytes(ROOT.pem)
    settings = {
        "to": TO,
        "server": "localhost",
        "port": dovecot.starttls,
        "encryption": "starttls",
        "user": imapserver.USER,
        "password_file": "mailbox.pw",
    }
    document = document_of(relay, arrival=settings)
    document["trust"].append({"name": "Mailbox", "file": "mailbox.pem"})
    program.apply(document)
    address = program.up()
    inbox = program.folder / "inbox"
    wait_until(lambda: bool(list(inbox.rglob("*.eml"))), "the canary at the relay")
    (mail,) = inbox.rglob("*.eml")
    box.put(mail.read_bytes())

    # It is deleted only once it is stored that it arrived.
    wait_until(lambda: not box.mails(), "the canary in the mailbox")
    told = program.json("arrival")
    (one,) = told["items"]
    assert one["state"] == "arrived"
    (delivery,) = program.json("deliveries")
    assert (delivery["id"], delivery["recipients"][0]["receipt"]) == (one["id"], "arrived")
    assert told["arrives"] is True
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        numbers = answer.read().decode()
    assert 'tocsin_canaries_total{state="arrived"} 1' in numbers
    assert "tocsin_arrival_latency_seconds " in numbers
    assert imapserver.PASSWORD not in program.log("up")
