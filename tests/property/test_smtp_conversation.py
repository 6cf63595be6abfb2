"""Properties of whole conversations: hostile servers, cut bytes, unlucky ends."""

from __future__ import annotations

import re
from base64 import b64encode

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.base.secret import Secret
from tocsin.mail.envelope import Envelope
from tocsin.mail.smtp import failure as fails
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.opening import Encryption, Opening
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.sasl import Login
from tocsin.mail.smtp.step import Step
from tocsin.mail.smtp.transaction import Ending

PASSWORD = "s3cret-of-the-relay"
LOGIN = Login("AKIAEXAMPLE", Secret(PASSWORD))
FORMS = (
    PASSWORD.encode(),
    b64encode(PASSWORD.encode()),
    b64encode(b"\0AKIAEXAMPLE\0" + PASSWORD.encode()),
)
OFFER = (
    b"250-relay.example.com\r\n250-STARTTLS\r\n250-PIPELINING\r\n250-SIZE 100000\r\n"
    b"250 AUTH LOGIN PLAIN\r\n"
)
GOOD = [b"220 relay.example.com\r\n", OFFER, b"220 Go ahead\r\n", OFFER, b"235 Ok\r\n"]
OTHER = [
    b"334 VXNlcm5hbWU6\r\n",
    b"250 Ok\r\n",
    b"354 Go\r\n",
    b"421 Bye\r\n",
    b"451 4.4.2 Timeout\r\n",
    b"550-5.1.1 no\r\n550 5.1.1 such user\r\n",
    b"503 what?\r\n",
    b"299 odd\r\n",
    b"rubbish\r\n",
    b"25",
    b"\x16\x03\x01",
]
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(GOOD + OTHER), st.binary(max_size=20)), max_size=10))
def test_no_server_gets_the_password_before_tls(script):
    """Whatever a server says in the clear, neither the password nor AUTH goes out."""
    talk = Opening(helo="sensor.example.com", encryption=Encryption.STARTTLS, login=LOGIN)
    for data in script:
        if talk.step is Step.TLS or talk.done:
            break
        talk.receive(data, 0.0)
        said = talk.outgoing()
        assert not BARE.search(said)
        assert b"AUTH" not in said
        assert not any(form in said for form in FORMS)
    assert not talk.done or talk.failure is not None


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(GOOD + OTHER), st.binary(max_size=20)), max_size=10))
def test_no_secret_gets_into_a_transcript(script):
    """Also after TLS, with a server that answers anything, the evidence stays clean."""
    talk = Opening(helo="sensor.example.com", encryption=Encryption.SMTPS, login=LOGIN)
    talk.secured(0.0, "TLSv1.3")
    for data in [*GOOD[:2], *script, *(b"535 " + form + b"\r\n" for form in FORMS)]:
        talk.receive(data, 0.0)
        assert not BARE.search(talk.outgoing())
    told = repr(talk.transcript) + repr(talk.failure)
    assert not any(form.decode() in told for form in FORMS)


@settings(deadline=None)
@given(st.lists(st.integers(0, 200), max_size=12))
def test_an_opening_goes_the_same_way_however_the_bytes_are_cut(places):
    """The lawful conversation with any cuts gives the same words and the same transcript."""

    def play(pieces_of) -> tuple[list[bytes], object]:
        talk = Opening(helo="sensor.example.com", encryption=Encryption.STARTTLS, login=LOGIN)
        said = []
        for reply in GOOD:
            if talk.step is Step.TLS:
                talk.secured(0.0, "TLSv1.3")
                said.append(talk.outgoing())
            for piece in pieces_of(reply):
                talk.receive(piece, 0.0)
            said.append(talk.outgoing())
        assert talk.failure is None
        return said, (talk.transcript, talk.capabilities)

    def cut(data: bytes) -> list[bytes]:
        ends = sorted({place % len(data) for place in places} | {len(data)})
        return [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]

    assert play(cut) == play(lambda data: [data])


ADDRESS = st.one_of(
    st.sampled_from(["op@example.com", "größe@example.com", "a@b>\r\nRSET", ""]),
    st.text(max_size=12),
)
CONTENT = st.one_of(
    st.sampled_from([b"Subject: x\r\n\r\nhi\r\n", b".\r\n..\r\n", b"bare\nline", b"\r", b""]),
    st.binary(max_size=40),
)


@st.composite
def envelopes(draw) -> list[Envelope]:
    """A batch, some of it fit to be sent and some of it not."""
    count = draw(st.integers(1, 4))
    return [
        Envelope(
            id=str(number),
            sender=draw(ADDRESS),
            recipients=tuple(draw(st.lists(ADDRESS, max_size=3))),
            content=draw(CONTENT),
        )
        for number in range(count)
    ]


@settings(max_examples=300, deadline=None)
@given(
    envelopes(),
    st.booleans(),
    st.booleans(),
    st.lists(st.one_of(st.sampled_from(OTHER), st.binary(max_size=20)), max_size=30),
    st.integers(0, 1),
)
def test_a_mailing_always_ends_with_an_ending_for_each_message(
    batch, pipelining, utf8, script, carried
):
    """Any server, any end: every message ends, none is called accepted without its 250.

    And nothing with a bare CR or LF goes out, whatever the messages hold.
    """
    keywords = {"8BITMIME": ""}
    if pipelining:
        keywords["PIPELINING"] = ""
    if utf8:
        keywords["SMTPUTF8"] = ""
    talk = Mailing(batch, Capabilities(keywords=keywords), ReplyReader(), carried=carried)
    talk.begin(0.0)
    heard = b""
    for data in script:
        while piece := talk.outgoing():
            assert not BARE.search(piece)
        if talk.done:
            break
        heard += data
        talk.receive(data, 1.0)
    talk.lost(fails.Closed(talk.step, "closed"), 2.0)
    assert talk.done
    assert talk.outgoing() == b""
    for transaction in talk.transactions:
        assert transaction.ending not in (Ending.WAITING, Ending.UNDERWAY)
        if transaction.ending is Ending.ACCEPTED:
            assert transaction.dot_written
            assert transaction.final.code == 250
        if transaction.ending in (Ending.UNTRIED, Ending.UNSENDABLE, Ending.BROKEN):
            assert not transaction.dot_written
        assert len(transaction.transcript()) <= len(transaction.envelope.recipients) + 3
    accepted = sum(each.ending is Ending.ACCEPTED for each in talk.transactions)
    assert accepted <= heard.count(b"250")


class HonestServer:
    """A small receiver written apart from the client, to tell what arrives."""

    def __init__(self) -> None:
        self.buffer = b""
        self.in_data = False
        self.messages: list[tuple[str, list[str], bytes]] = []
        self.sender = ""
        self.recipients: list[str] = []

    def receive(self, data: bytes) -> bytes:
        """Bytes of the client in, answers out."""
        self.buffer += data
        said = b""
        while (answer := self._step()) is not None:
            said += answer
        return said

    def _step(self) -> bytes | None:
        if self.in_data:
            head = b"\r\n" + self.buffer
            end = head.find(b"\r\n.\r\n")
            if end < 0:
                return None
            content = head[2 : end + 2].replace(b"\r\n.", b"\r\n")
            content = content[1:] if content.startswith(b".") else content
            self.buffer = head[end + 5 :]
            self.in_data = False
            self.messages.append((self.sender, self.recipients, content))
            return b"250 Ok\r\n"
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found:
            return None
        self.buffer = rest
        verb, _, argument = line.decode().partition(":")
        if verb == "MAIL FROM":
            self.sender, self.recipients = argument.split(">")[0][1:], []
        elif verb == "RCPT TO":
            self.recipients = [*self.recipients, argument[1:-1]]
        elif verb == "DATA":
            self.in_data = True
            return b"354 Go\r\n"
        return b"250 Ok\r\n"


SOUND = st.lists(
    st.builds(
        lambda recipients, lines: (
            tuple(f"user{number}@example.com" for number in recipients),
            b"".join(line + b"\r\n" for line in lines),
        ),
        st.lists(st.integers(0, 9), min_size=1, max_size=4),
        st.lists(
            st.sampled_from([b"", b".", b"..", b"text", b".text", b"QUIT", b"RSET"]), max_size=8
        ),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(SOUND, st.booleans(), st.integers(1, 64))
def test_an_honest_server_receives_exactly_what_was_sent(batch, pipelining, piece):
    """Every message arrives once, in order, byte for byte, however the answers are cut."""
    keywords = {"PIPELINING": ""} if pipelining else {}
    sent = [
        Envelope(id=str(n), sender="alarm@example.com", recipients=to, content=content)
        for n, (to, content) in enumerate(batch)
    ]
    talk, server = Mailing(sent, Capabilities(keywords=keywords), ReplyReader()), HonestServer()
    talk.begin(0.0)
    while not talk.done:
        said = b""
        while out := talk.outgoing():
            said += server.receive(out)
        assert said
        for start in range(0, len(said), piece):
            talk.receive(said[start : start + piece], 1.0)
    assert talk.failure is None
    assert [each.ending for each in talk.transactions] == [Ending.ACCEPTED] * len(sent)
    assert server.messages == [(e.sender, list(e.recipients), e.content) for e in sent]
