"""The endpoint's conversation against any octets, however they are cut."""

from __future__ import annotations

import base64
import itertools

from hypothesis import given
from hypothesis import strategies as st

from tocsin.rehearsal import words
from tocsin.rehearsal.account import SignIn
from tocsin.rehearsal.conversation import Conversation, Manner
from tocsin.rehearsal.event import Answer, Submitted, Then

PLAIN = b"AUTH PLAIN " + base64.b64encode(b"\0u\0p") + b"\r\n"
LINES = [
    b"EHLO x\r\n",
    b"NOOP\r\n",
    b"STARTTLS\r\n",
    b"RSET\r\n",
    b"AUTH LOGIN\r\n",
    b"*\r\n",
    PLAIN,
    b"MAIL FROM:<a@example.com>\r\n",
    b"RCPT TO:<b@example.net>\r\n",
    b"DATA\r\n",
    b".\r\n",
    b"..\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b".",
    b"Subject: x\r\n\r\n",
    b"QUIT\r\n",
    b"XXXX\r\n",
    b"x" * 400 + b"\r\n",
    b"\r\n.\r\n",
    b"\r\n..\r\n",
]
talk = st.lists(st.one_of(st.sampled_from(LINES), st.binary(max_size=20)), max_size=30).map(
    b"".join
)


def converse(pieces: list[bytes], *, wrapper: bool) -> list[object]:
    """Everything that the endpoint answers and takes."""
    conversation = Conversation(
        Manner(wrapper=wrapper, most_octets=300, most_messages=3),
        lambda user, _: SignIn(words.SIGNED_IN if user == "u" else words.BAD_CREDENTIALS),
        greeting=b"220 x\r\n",
    )
    conversation.begin()
    log: list[object] = []
    for piece in pieces:
        waiting = list(conversation.receive(piece))
        while waiting:
            event = waiting.pop(0)
            log.append(event)
            if isinstance(event, Submitted):
                waiting += conversation.settle(b"250 Ok id\r\n")
            elif event.then is Then.SECURE:
                return log  # what comes next is ciphertext
    return log


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The octets in pieces."""
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in itertools.pairwise(marks)]


@given(talk, st.booleans())
def test_any_octets_get_whole_replies(data, wrapper):
    """Nothing breaks it, each answer is a reply with its code, nothing follows the end."""
    log = converse([data], wrapper=wrapper)
    for place, event in enumerate(log):
        if isinstance(event, Answer):
            assert event.text.endswith(b"\r\n")
            lines = event.text.split(b"\r\n")[:-1]
            assert all(len(line) <= 510 for line in lines)
            assert all(line[:3].isdigit() and line[3:4] in b" -" for line in lines)
            assert event.then is Then.GO_ON or place == len(log) - 1


@given(talk, st.lists(st.integers(0, 10_000), max_size=12), st.booleans())
def test_it_does_not_matter_how_octets_are_cut(data, places, wrapper):
    """One piece, some pieces, or one octet at a time: the same answers and messages."""
    whole = converse([data], wrapper=wrapper)
    assert converse(cut(data, places), wrapper=wrapper) == whole
    assert converse([data[i : i + 1] for i in range(len(data))], wrapper=wrapper) == whole


lines = st.lists(
    st.one_of(st.sampled_from([b"", b".", b"..", b".x", b"QUIT"]), st.binary(max_size=30)),
    max_size=8,
).map(lambda some: b"".join(one.replace(b"\r", b"").replace(b"\n", b"") + b"\r\n" for one in some))


@given(lines, st.lists(st.integers(0, 10_000), max_size=6))
def test_any_message_arrives_as_it_was_sent(content, places):
    """Stuffed by the rule (RFC 5321 section 4.5.2), whatever its lines are."""
    wire = b"".join(
        b"." * line.startswith(b".") + line + b"\r\n" for line in content.split(b"\r\n")[:-1]
    )
    opening = PLAIN + b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"
    log = converse([opening, *cut(wire + b".\r\n", places)], wrapper=True)
    (submitted,) = (one for one in log if isinstance(one, Submitted))
    assert submitted.submission.size == len(content)
    assert submitted.submission.content == content
