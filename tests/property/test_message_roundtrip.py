"""Composed messages against the standard library's parser, for whatever text there is."""

from __future__ import annotations

import email
import email.policy
import string

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tocsin.mail.attachment import Attachment
from tocsin.mail.header import LONGEST_VALUE, text_field
from tocsin.mail.mark import cut, mark_line, mark_text
from tocsin.mail.message import LONGEST_SUBJECT, Mail, compose

ANY_TEXT = st.text(st.characters(), max_size=2000)
"""Of all code points, lone surrogates among them."""
PIECES = st.sampled_from(
    ["\r\n", "\n", "\r", "\0", ".", "..", "=", "=?utf-8?q?x?=", "?=", "--=_", " ", "  ", "\t",
     "Bcc: x@example.net", "--=_a", "From me", "\n--=_m",
     "\u202e", "\u2028", "é", "告", "\U0001f600", "word", "x" * 80, "From "]
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


WORD = st.from_regex(r"[A-Za-z0-9_-]{1,256}", fullmatch=True)
TAGS = st.lists(st.builds("{}={}".format, WORD, WORD), min_size=1, max_size=50).map(tuple)
FILE_NAME = st.text(
    st.characters(blacklist_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"]),
    min_size=1,
    max_size=100,
).filter(lambda name: name.isprintable() and not {*name} & {*'/\\"'})
ATTACHMENT = st.builds(
    Attachment,
    FILE_NAME,
    st.sampled_from(["application/json", "text/csv; charset=utf-8"]),
    st.binary(max_size=500),
)


MAIL = st.builds(
    Mail,
    sender=ADDRESS,
    to=st.lists(ADDRESS, min_size=1, max_size=50).map(tuple),
    cc=st.lists(ADDRESS, max_size=5).map(tuple),
    reply_to=st.lists(ADDRESS, max_size=5).map(tuple),
    subject=TEXT,
    text=TEXT,
    html=st.none() | TEXT,
    message_id=MESSAGE_ID,
    references=st.lists(MESSAGE_ID, max_size=20).map(tuple),
    date=st.integers(0, 4_000_000_000_000_000),
    headers=st.fixed_dictionaries({"X-Extra": TEXT, "X-SES-MESSAGE-TAGS": TAGS}),
    attachments=st.lists(ATTACHMENT, max_size=3).map(tuple),
)
SMALLEST = Mail(
    "a@b.cc", ("a@b.cc",), "", "", "<a@b>", 0, "", {"X-Extra": "", "X-SES-MESSAGE-TAGS": ("a=b",)}
)


@settings(deadline=None)
@given(mail=MAIL)
@example(mail=SMALLEST)
def test_parses_back(mail):
    """Every message is well-formed lines and parses back to what was given, marked and cut."""
    content = compose(mail)
    check_lines(content)
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    check_addresses(message, mail)
    extra, tags = mail.headers["X-Extra"], mail.headers["X-SES-MESSAGE-TAGS"]
    assert message["Subject"] == mark_line(cut(mail.subject, LONGEST_SUBJECT)).strip(" ")
    assert message["X-Extra"] == mark_line(cut(extra, LONGEST_VALUE)).strip(" ")
    assert tuple(message["X-SES-MESSAGE-TAGS"].split()) == tags
    assert message["Message-ID"] == mail.message_id
    assert tuple((message["References"] or "").split()) == mail.references
    assert message["In-Reply-To"] == (mail.references[-1] if mail.references else None)
    assert message["Date"].datetime.timestamp() == mail.date // 1_000_000
    names = [name.lower() for name in message]
    assert len(names) == len(set(names))
    check_parts(message, {"plain": mail.text, "html": mail.html})
    assert [
        (one.get_filename(), one.get_payload(decode=True)) for one in message.iter_attachments()
    ] == [(one.name, one.content) for one in mail.attachments]


def check_addresses(message: email.message.EmailMessage, mail: Mail) -> None:
    wanted = {"From": (mail.sender,), "To": mail.to, "Cc": mail.cc, "Reply-To": mail.reply_to}
    for name, addresses in wanted.items():
        read = message[name].addresses if message[name] is not None else ()
        assert tuple(str(one.addr_spec) for one in read) == addresses
    assert message["Bcc"] is None


def check_parts(message: email.message.EmailMessage, bodies: dict[str, str | None]) -> None:
    for kind, given_text in bodies.items():
        body = message.get_body((kind,))
        assert (body is None) == (given_text is None)
        if body is None or given_text is None:
            continue
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
