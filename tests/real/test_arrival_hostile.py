"""A mailbox's server that is none, or means ill: what it says is bounded, and told as a fault."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tocsin.base.secret import Secret
from tocsin.mail.imap import session, wire
from tocsin.mail.imap.failure import MailboxFailure
from tocsin.mail.imap.mailbox import Mailbox
from tocsin.mail.imap.session import MailboxSettings

SECRET = "not to be said in the clear"
GREETING = b"* OK ready\r\n"
Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def server(talk: Talk) -> Iterator[tuple[int, list[bytes]]]:
    """A server that talks so with whoever comes; gives its port and what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            peer, _ = listening.accept()
            with peer, contextlib.suppress(OSError):
                peer.settimeout(10)
                talk(peer)
                with contextlib.suppress(TimeoutError):
                    while data := peer.recv(4096):
                        heard.append(data)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1], heard
        finally:
            thread.join(20)


def failure_of(port: int) -> MailboxFailure:
    """Why the mailbox at that port cannot be signed in to."""
    settings = MailboxSettings(
        "127.0.0.1", port, starttls=True, user="u", password=Secret(SECRET), folder="INBOX",
        anchors=(),
    )  # fmt: skip
    with pytest.raises(MailboxFailure) as told:
        Mailbox(settings)
    return told.value


def says(*parts: bytes) -> Talk:
    """Talks so, whatever it hears."""

    def talk(peer: socket.socket) -> None:
        for part in parts:
            peer.sendall(part)

    return talk


def capable(words: bytes) -> Talk:
    """Greets and answers the first command with these capabilities."""

    def talk(peer: socket.socket) -> None:
        peer.sendall(GREETING)
        tag = peer.recv(4096).split()[0]
        peer.sendall(b"* CAPABILITY IMAP4rev1 " + words + b"\r\n" + tag + b" OK done\r\n")

    return talk


def injecting(peer: socket.socket) -> None:
    """Says yes to STARTTLS and goes on in the clear."""
    capable(b"STARTTLS")(peer)
    tag = peer.recv(4096).split()[0]
    peer.sendall(tag + b" OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")


def refusing(peer: socket.socket) -> None:
    """Offers STARTTLS and then has none."""
    capable(b"STARTTLS")(peer)
    tag = peer.recv(4096).split()[0]
    peer.sendall(tag + b" NO not now\r\n")


@pytest.mark.parametrize(
    ("talk", "code", "word"),
    [
        (says(b"220 relay.example.com ESMTP\r\n"), "imap.unavailable", "unexpected response"),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "imap.unavailable", "unexpected response"),
        (says(b"* BYE go away\r\n"), "imap.unavailable", ""),
        (says(b"* OK " + b"x" * 200_000), "imap.unavailable", "line"),
        (says(GREETING, b"* 1 FETCH {999999999}\r\n"), "imap.unavailable", "announced"),
        (says(GREETING, b"* 1 FETCH {" + b"9" * 5000 + b"}\r\n"), "imap.unavailable", ""),
        (says(GREETING + b"* OK x\r\n" * 100_000), "imap.unavailable", "more than"),
        (says(b"\0\xff\r\n"), "imap.unavailable", ""),
        (capable(b"AUTH=PLAIN"), "imap.starttls-missing", ""),
        (refusing, "imap.starttls-missing", "not now"),
        (injecting, "imap.unavailable", "before the encryption"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nonsense_is_a_fault_and_no_password_is_said(
    talk: Talk, code: str, word: str, monkeypatch: pytest.MonkeyPatch
):
    """Whatever comes: a code of the catalogue, in bounded memory, and nothing secret goes out."""
    monkeypatch.setattr(wire, "STEP_S", 3.0)
    monkeypatch.setattr(wire, "LARGEST", 400_000)
    with server(talk) as (port, heard):
        failure = failure_of(port)
    assert failure.finding.code == code
    assert word in failure.finding.facts.get("reason", "")
    assert SECRET.encode() not in b"".join(heard)


@pytest.mark.parametrize("offer", [b"AUTH=PLAIN", b""], ids=["authenticate", "login"])
def test_a_password_that_is_said_back_is_not_repeated(
    offer: bytes, monkeypatch: pytest.MonkeyPatch
):
    """Whatever form it was sent in; nor do control characters get any further."""

    def echoing(peer: socket.socket) -> None:
        capable(offer)(peer)
        said = peer.recv(4096)
        if b"AUTHENTICATE" in said:
            peer.sendall(b"+ \r\n")
            word = peer.recv(4096).strip()
        else:
            word = said.strip()
        peer.sendall(said.split()[0] + b" NO \0 you said " + word + b"\r\n")

    monkeypatch.setattr(session, "_tls", lambda _settings: None)
    monkeypatch.setattr(wire.Wire, "start_tls", lambda _wire, _client: None)
    with server(echoing) as (port, _):
        settings = MailboxSettings(
            "127.0.0.1", port, starttls=False, user="u", password=Secret('a "secret"'),
            folder="INBOX", anchors=(),
        )  # fmt: skip
        with pytest.raises(MailboxFailure) as told:
            Mailbox(settings)
    reason = told.value.finding.facts["reason"]
    assert told.value.finding.code == "imap.sign-in-rejected"
    assert "you said" in reason
    assert "***" in reason
    assert "secret" not in reason
    assert base64.b64encode(b'\0u\0a "secret"').decode() not in reason
    assert reason.isprintable()


def test_silence_has_an_end(monkeypatch: pytest.MonkeyPatch):
    """A server that says nothing does not hold the probe."""
    monkeypatch.setattr(wire, "STEP_S", 0.2)
    with server(says()) as (port, _):
        failure = failure_of(port)
    assert failure.finding.code == "imap.unavailable"
    assert failure.finding.facts["reason"] == "no answer in time"
