"""Any bytes as the relay's side of an opening and of a batch of messages.

The first byte chooses how the relay is spoken to, the second what is handed over; the
rest is what the relay says, one reading of the wire after the other, divided by the
byte 0xFE. In it ``<P>`` stands for the password and ``<<…>>`` for the same in base64
with our nonce in place of each ``%``, so that the bytes can be as clever as a relay.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections import Counter

from tocsin.base.secret import Secret
from tocsin.mail.envelope import Envelope
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import Closed, ConversationFailure, Side
from tocsin.mail.smtp.farewell import Farewell
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.opening import Encryption, Opening
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.sasl import MECHANISMS, Login
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Ending

PASSWORD = "s3cret-of-the-relay"
FORMS = (
    PASSWORD.encode(),
    b64encode(PASSWORD.encode()),
    b64encode(b"\0AKIAEXAMPLE\0" + PASSWORD.encode()),
    b64encode(b"user=AKIAEXAMPLE\1auth=Bearer " + PASSWORD.encode() + b"\1\1"),
)
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
_EXTENSIONS = ("PIPELINING", "DSN", "8BITMIME", "SMTPUTF8")
_MAIL = b"Subject: x\r\n\r\nhello\r\n.\r\n"
_MESSAGES = (
    Envelope("plain", "alarm@example.com", ("op@example.com",), _MAIL),
    Envelope("two", "", ("a@example.com", "b@example.com"), _MAIL, ("failure", "delay")),
    Envelope("eight", "größe@example.com", ("op@example.com",), "ü\r\n".encode(), ("never",)),
    Envelope("bare", "alarm@example.com", ("op@example.com",), b"one\nline\r"),
    Envelope("smuggled", "a@example.com>\r\nRSET", ("op@example.com",), _MAIL),
    Envelope("nobody", "alarm@example.com", (), _MAIL),
    Envelope("large", "alarm@example.com", ("op@example.com",), b"0123456789abcdef\r\n" * 4_000),
    Envelope("odd", "alarm@example.com", ("op@example.com",), _MAIL, ("always",)),
)
_UNFIT = ("bare", "smuggled", "nobody")

_OFFER = (
    b"250-relay\r\n250-PIPELINING\r\n250-STARTTLS\r\n250-DSN\r\n250-SIZE 99999\r\n"
    b"250 AUTH PLAIN LOGIN XOAUTH2%s\r\n"
)
_PLAIN, _SCRAM = _OFFER % b"", _OFFER % b" SCRAM-SHA-256"
_MAILED = [
    b"250 Ok\r\n",
    b"250 Ok\r\n",
    b"354 Go\r\n",
    b"250 Ok queued\r\n250 Ok\r\n550 5.1.1 no\r\n250 Ok\r\n354 Go\r\n",
    b"451 4.4.2 Timeout\r\n",
]


def _seed(first: int, second: int, *script: bytes) -> bytes:
    return bytes((first, second)) + b"\xfe".join(script)


SEEDS = (
    _seed(0, 3, b"220 relay\r\n", _PLAIN, b"220 Go\r\n", _PLAIN, b"235 Ok\r\n", *_MAILED),
    _seed(2, 255, b"220 relay\r\n", _PLAIN, b"220 Go\r\n", _PLAIN, b"334 \r\n", *_MAILED),
    _seed(17, 7, b"220 relay\r\n", _PLAIN, b"334 <<u>>\r\n", b"334 <<p>>\r\n", b"235 Ok\r\n"),
    _seed(
        1,
        1,
        b"220 relay\r\n",
        _SCRAM,
        b"334 <<r=%x,s=c2FsdA==,i=4096>>\r\n",
        b"334 <<e=invalid-proof>>\r\n",
        b"535 5.7.8 <P>\r\n",
    ),
    _seed(
        33,
        1,
        b"220 relay\r\n",
        _PLAIN,
        b'334 <<{"status":"401"}>>\r\n',
        b"535-5.7.8 no\r\n535 5.7.8 <<P>>\r\n",
    ),
    _seed(0, 1, b"220 relay\r\n", _PLAIN, b"220 Go\r\n250-AUTH PLAIN\r\n"),
    _seed(64, 15, *_MAILED),
    _seed(64 + 7, 255, *_MAILED, b"421 bye\r\n"),
    _seed(64 + 15, 64, b"250 Ok\r\n250 Ok\r\n354 Go\r\n", b"552 too long\r\n"),
    _seed(64, 1, b"\x16\x03\x01", b"220-\n", b"250-x\r\n" * 20),
)


def one_input(data: bytes) -> None:
    """Play one relay; every promise of the conversation is held against it."""
    first, second, script = data[0:1], data[1:2], data[2:].split(b"\xfe")
    how, what = (first or b"\0")[0], (second or b"\0")[0]
    if how & 64:
        offered = {name: "" for bit, name in enumerate(_EXTENSIONS) if how >> bit & 1}
        _hand_over(Capabilities(keywords=offered), ReplyReader(), what, script)
        return
    talk, script = _open(how, script)
    if talk.done and talk.failure is None:
        _hand_over(talk.capabilities, talk.reader, what, script)


def _open(how: int, script: list[bytes]) -> tuple[Opening, list[bytes]]:
    mechanism = MECHANISMS[(how >> 3) % len(MECHANISMS)]
    encryption = Encryption.SMTPS if how & 1 else Encryption.STARTTLS
    login = Login("AKIAEXAMPLE", Secret(PASSWORD), mechanism)
    talk = Opening(helo="sensor.example.com", encryption=encryption, login=login)
    secure, nonce, said = False, b"", b""
    for number, words in enumerate(script):
        if talk.step is Step.TLS and not talk.done:
            secure = True
            talk.secured(1.0, "TLSv1.3")
            said = talk.outgoing()
        talk.receive(_told(words, nonce), 1.0)
        if how & 4 and talk.work is not None:
            talk.work.run()
        if talk.step is Step.TLS or talk.done:
            assert talk.outgoing() == b""
        else:
            said = talk.outgoing()
        assert not BARE.search(said.replace(b"\r\n", b""))
        if not secure:
            assert b"AUTH" not in said
            assert not any(form in said for form in FORMS)
        if said.startswith(b"AUTH SCRAM"):
            nonce = b64decode(said.split()[2]).rpartition(b"r=")[2]
        if talk.done:
            script = script[number + 1 :]
            break
    else:
        talk.lost(Closed(talk.step, "closed"), 2.0)
        script = []
    _check_opened(talk, secure=secure, scram=bool(nonce))
    return talk, script


def _told(words: bytes, nonce: bytes) -> bytes:
    """What the relay says, with what it may know put in."""
    words = words.replace(b"<P>", PASSWORD.encode()).replace(b"<<P>>", FORMS[1])
    return re.sub(
        rb"<<(.*?)>>",
        lambda found: b64encode(found[1].replace(b"%", nonce)),
        words,
        flags=re.DOTALL,
    )


def _check_opened(talk: Opening, *, secure: bool, scram: bool) -> None:
    assert talk.done
    assert talk.outgoing() == b""
    assert talk.work is None
    if talk.failure is None:
        assert secure
        assert not scram, "signed in by one who cannot know the password"
    else:
        _check_failure(talk.failure)
    told = [line for line in talk.transcript if line.step == Step.AUTH]
    evidence = repr(told).encode()
    if talk.failure is not None and talk.failure.step is Step.AUTH:
        evidence += f"{talk.failure} {vars(talk.failure)}".encode()
    assert not any(form in evidence for form in FORMS)


def _check_failure(failure: ConversationFailure) -> None:
    assert isinstance(failure, ConversationFailure)
    assert failure.step in Step
    assert failure.ended_by in Side
    assert (failure.reply is None) or failure.ended_by is Side.RELAY
    received = getattr(failure, "received", b"")
    assert isinstance(received, str) or len(received) <= 200


def _hand_over(
    capabilities: Capabilities, reader: ReplyReader, what: int, script: list[bytes]
) -> None:
    batch = [each for bit, each in enumerate(_MESSAGES) if what >> bit & 1]
    talk = Mailing(batch, capabilities, reader, carried=what & 1)
    settled = talk.begin(2.0)
    for words in script:
        while piece := talk.outgoing():
            assert not BARE.search(piece.replace(b"\r\n", b""))
        if talk.done:
            break
        settled += talk.receive(words, 3.0)
    settled += talk.lost(Closed(talk.step, "closed"), 4.0)
    _check_handed_over(talk, settled)
    if talk.failure is None:
        leave = Farewell()
        assert leave.outgoing() == b"QUIT\r\n"


def _check_handed_over(talk: Mailing, settled: list) -> None:
    assert talk.done
    assert talk.outgoing() == b""
    assert Counter(map(id, settled)) == Counter(map(id, talk.transactions)), "each ends once"
    if talk.failure is not None:
        _check_failure(talk.failure)
    for one in talk.transactions:
        assert one.ending not in (Ending.WAITING, Ending.UNDERWAY)
        if one.ending is Ending.ACCEPTED:
            assert one.dot_written
            assert one.final.code == 250
            assert any(reply.code < 300 for reply in one.recipients)
        if one.ending in (Ending.UNTRIED, Ending.UNSENDABLE, Ending.BROKEN):
            assert not one.dot_written
        if one.envelope.id in _UNFIT:
            assert one.ending in (Ending.UNSENDABLE, Ending.UNTRIED)
        nobody = one.ending in (Ending.ACCEPTED, Ending.UNTRIED)
        assert (one.ended_by is None) == nobody
        assert len(one.transcript()) <= len(one.envelope.recipients) + 3
