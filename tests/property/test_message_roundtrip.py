"""Composed messages against the standard library's parser, for whatever text there is."""

from __future__ import annotations

import email
import email.policy
import string

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.mail.header import LONGEST_VALUE, text_field
from tocsin.mail.mark import cut, mark_line, mark_text
from tocsin.mail.message import LONGEST_SUBJECT, Mail, compose

ANY_TEXT = st.text(st.characters(), max_size=2000)
"""Of all code points, lone surrogates among them."""
PIECES = st.sampled_from(
    ["\r\n", "\n", "\r", "\0", ".", "..", "=", "=?utf-8?q?x?=", "?=", "--=_", " ", "  ", "\t",
     "Bcc: x@example.net", "\u202e", "\u2028", "é", "告", "\U0001f600", "word", "x" * 80, "From "]
)  # fmt: skip
HOSTILE_TEXT = st.lists(PIECES, max_size=60).map("".join)
TEXT = ANY_TEXT | HOSTILE_TEXT

LOCAL = st.text(
    string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64
)
ADDRESS = st.builds(
    "{}@{}".format, LOCAL, st.from_regex(r"[a-z0-9]{1,20}(\.[a-z]{1,20}){1,4}", fullmatch=True)
)
MESSAGE_ID = st.builds("<{}@{}>".format, st.uuids(), st.just("example.com"))


@settings(deadline=None)
@given(
    sender=ADDRESS,
    recipients=st.lists(ADDRESS, min_size=1, max_size=50).map(tuple),
    subject=TEXT,
    text=TEXT,
    html=st.none() | TEXT,
    message_id=MESSAGE_ID,
    date=st.integers(0, 4_000_000_000_000_000),
    extra=TEXT,
)
@example(
    sender="a@b.cc",
    recipients=("a@b.cc",),
    subject="",
    text="",
    html="",
    message_id="<a@b>",
    date=0,
    extra="",
)
def test_parses_back(sender, recipients, subject, text, html, message_id, date, extra):
    """Every message is well-formed lines and parses back to what was given, marked and cut."""
    content = compose(
        Mail(sender, recipients, subject, text, message_id, date, html, {"X-Extra": extra})
    )
    check_lines(content)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    assert [str(one.addr_spec) for one in message["From"].addresses] == [sender]
    assert [str(one.addr_spec) for one in message["To"].addresses] == list(recipients)
    assert message["Subject"] == mark_line(cut(subject, LONGEST_SUBJECT)).strip(" ")
    assert message["X-Extra"] == mark_line(cut(extra, LONGEST_VALUE)).strip(" ")
    assert message["Message-ID"] == message_id
    assert message["Date"].datetime.timestamp() == date // 1_000_000
    names = [
        "From", "To", "Subject", "Date", "Message-ID", "X-Extra", "Auto-Submitted", "MIME-Version"
    ]  # fmt: skip
    assert message.keys()[:8] == names
    bodies = {"plain": text} if html is None else {"plain": text, "html": html}
    for kind, given_text in bodies.items():
        body = message.get_body((kind,))
        assert body is not None
        assert not body.defects
        wanted = mark_text(given_text)
        read = body.get_content().replace("\r\n", "\n")
        assert read == (wanted if wanted.endswith("\n") else f"{wanted}\n")


def check_lines(content: bytes) -> None:
    assert content.endswith(b"\r\n")
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    for line in lines:
        assert b"\r" not in line
        assert b"\n" not in line
        assert b"\0" not in line
    assert content.isascii()


@settings(deadline=None)
@given(name=st.from_regex(r"[A-Z][A-Za-z-]{0,39}", fullmatch=True), value=TEXT)
def test_field_is_one_field(name, value):
    """A field of any text is ASCII, folded at 78 or less, with no line of blanks alone."""
    field = text_field(name, value)
    assert field.isascii()
    assert field.endswith("\r\n")
    first, *others = field.removesuffix("\r\n").split("\r\n")
    assert first.startswith(f"{name}:")
    for line in (first, *others):
        assert len(line) <= 78
        assert "\r" not in line
        assert "\n" not in line
    for line in others:
        assert line.startswith(" ")
        assert line.strip()
