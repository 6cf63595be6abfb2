"""Reading replies: what counts as one, what is refused, and how it is shown."""

from __future__ import annotations

import pytest

from tocsin.mail.smtp.reply import (
    MAX_LINE,
    MAX_LINES,
    MAX_REPLY,
    MalformedReply,
    Reply,
    ReplyReader,
)


def read(data: bytes) -> list[Reply]:
    reader = ReplyReader()
    reader.feed(data)
    replies = []
    while (reply := reader.next()) is not None:
        replies.append(reply)
    return replies


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (b"250 Ok\r\n", 250, ("Ok",)),
        (b"250\r\n", 250, ("",)),
        (b"250 \r\n", 250, ("",)),
        (b"354 End data with <CR><LF>.<CR><LF>\r\n", 354, ("End data with <CR><LF>.<CR><LF>",)),
        (b"250-one\r\n250-two\r\n250 three\r\n", 250, ("one", "two", "three")),
        (b"250-one\r\n250\r\n", 250, ("one", "")),
        (b"220 bare line feed\n", 220, ("bare line feed",)),
        (b"220-mixed\n220 ends\r\n", 220, ("mixed", "ends")),
        ("250 Größe\r\n".encode(), 250, ("Größe",)),
        (b"250 \xff\xfe\r\n", 250, ("\\xff\\xfe",)),
        (b"250 tab\there\r\n", 250, ("tab here",)),
        (b"250 esc \x1b[31m nul \x00\r\n", 250, ("esc \\x1b[31m nul \\x00",)),
        ("250 right\u202eleft\r\n".encode(), 250, ("right\\u202eleft",)),
        (b"250 a\rb\r\n", 250, ("a\\rb",)),
    ],
)
def test_a_reply_is_read_with_its_text_made_safe_to_show(data, code, lines):
    """Each lawful form of a reply is read, and what could upset a terminal is escaped."""
    assert read(data) == [Reply(code, lines)]


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b"25\r\n",
        b"25x Ok\r\n",
        b"2_5 Ok\r\n",
        b" 250 Ok\r\n",
        b"150 no such class\r\n",
        b"650 no such class\r\n",
        b"250_Ok\r\n",
        b"250Ok\r\n",
        b"250-one\r\n550 other\r\n",
        b"250-one\r\nSSH\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"250 " + b"x" * MAX_LINE + b"\r\n",
        b"250 " + b"x" * (MAX_LINE + 1),
        b"220-more\r\n" * (MAX_REPLY // 8),
    ],
)
def test_what_is_no_reply_is_refused(data):
    """Garbage, other protocols, mixed codes and replies without end do not pass."""
    with pytest.raises(MalformedReply):
        read(data)


def test_garbage_without_line_end_is_refused_at_once():
    """A peer that speaks something else is not waited for until its line ends."""
    with pytest.raises(MalformedReply) as caught:
        read(b"\x16\x03\x03\x00\x7a\x02")
    assert caught.value.received == b"\x16\x03\x03\x00\x7a\x02"


def test_good_replies_before_garbage_are_given_out():
    """Garbage takes nothing back from the replies before it."""
    reader = ReplyReader()
    reader.feed(b"250 Ok\r\nrubbish\r\n")
    assert reader.next() == Reply(250, ("Ok",))
    with pytest.raises(MalformedReply):
        reader.next()


def test_what_follows_a_reply_can_be_seen():
    """After a reply, the bytes that came behind it are there to be looked at."""
    reader = ReplyReader()
    reader.feed(b"220 Go ahead\r\n250-forged\r\n")
    assert reader.next() == Reply(220, ("Go ahead",))
    assert reader.unread == b"250-forged\r\n"


@pytest.mark.parametrize(
    ("reply", "enhanced", "text"),
    [
        (Reply(451, ("4.4.2 Timeout waiting",)), "4.4.2", "Timeout waiting"),
        (Reply(250, ("Ok",)), None, "Ok"),
        (Reply(250, ("2.1.0",)), "2.1.0", ""),
        (Reply(550, ("4.1.1 wrong class",)), None, "4.1.1 wrong class"),
        (Reply(550, ("5.1.1234 no code",)), None, "5.1.1234 no code"),
        (Reply(550, ("5.7.1 first", "5.7.1 second")), "5.7.1", "first second"),
        (Reply(550, ("", "later")), None, "later"),
    ],
)
def test_the_enhanced_code_is_told_from_the_text(reply, enhanced, text):
    """A status code of the reply's own class stands apart; anything else is text."""
    assert (reply.enhanced, reply.text) == (enhanced, text)


def test_a_reply_shows_as_it_came_and_on_one_line():
    """A transcript keeps the lines, a log line joins them."""
    reply = Reply(250, ("one", "", "three"))
    assert reply.shown == "250-one\n250-\n250 three"
    assert str(reply) == "250 one three"


def test_a_secret_that_the_server_repeats_is_masked():
    """From the moment a secret is known its repetition shows as ***, in every line."""
    reader = ReplyReader()
    reader.feed(b"535 hunter2\r\n")
    assert reader.next() == Reply(535, ("hunter2",))
    reader.mask(("aHVudGVyMg==", "hunter2"))
    reader.feed(b"535 hunter2\r\n535-bad hunter2\r\n535 aHVudGVyMg==hunter2\r\n")
    assert reader.next() == Reply(535, ("***",))
    assert reader.next() == Reply(535, ("bad ***", "******"))


def test_a_flood_of_different_replies_is_not_remembered():
    """What is kept for speed is bounded, whatever the relay says."""
    reader = ReplyReader()
    for number in range(5_000):
        reader.feed(b"250 Ok %d\r\n" % number)
        assert reader.next() == Reply(250, (f"Ok {number}",))
    assert len(reader._remembered) <= 256


@pytest.mark.parametrize(
    "flood",
    [
        b"250-\n" * 10_000,
        b"250-\r\n" * 10_000 + b"250 end\r\n",
        b"220 " + b"x" * 1_000_000,
        b"220-" + b"x" * 1_000_000 + b"\r\n",
        b"220-endless\r\n" * 80_000,
        b"220 " + b"\0" * 1_000_000,
        b"\0" * 1_000_000,
    ],
    ids=["lines", "lines with an end", "line", "long line", "banner", "NUL text", "NUL"],
)
@pytest.mark.parametrize("piece", [100, 65_536])
def test_a_flood_is_cut_off_before_it_fills_memory(flood, piece):
    """Whatever is endless is refused after a bounded part of it; little of it is kept."""
    reader, taken, refused = ReplyReader(), 0, None
    while refused is None:
        reader.feed(flood[taken : taken + piece])
        taken += piece
        try:
            assert reader.next() is None
        except MalformedReply as caught:
            refused = caught
    assert taken <= MAX_REPLY + 2 * 65_536
    assert len(refused.received) <= 200
    assert len(reader._buffer) <= 65_536 + MAX_LINE
    assert len(reader._lines) <= MAX_LINES


def test_a_reply_may_have_many_lines():
    """The bound is far above what any relay offers."""
    (reply,) = read(b"250-more\r\n" * (MAX_LINES - 1) + b"250 end\r\n")
    assert len(reply.lines) == MAX_LINES


def test_a_challenge_is_shown_without_what_it_gives_away():
    """The sign-in gets the text as it came; what is shown hides secrets also in base64."""
    reader = ReplyReader()
    reader.mask(("hunter2",))
    for said, shown in [(b"dj1odW50ZXIy", "***"), (b"VXNlcm5hbWU6", "VXNlcm5hbWU6")] * 2:
        reader.feed(b"334 " + said + b"\r\n")
        assert reader.next() == Reply(334, (shown,))
        assert reader.challenge == said.decode()


@pytest.mark.parametrize(
    "line", [b"no reply hunter2 at all\r\n", b"garbage hunte", b"x" * 190 + b"hunter2\r\n"]
)
def test_what_is_quoted_of_nonsense_holds_no_secret(line):
    """Neither whole nor cut off at the end of the quotation."""
    reader = ReplyReader()
    reader.mask(("hunter2",))
    reader.feed(line)
    with pytest.raises(MalformedReply) as caught:
        reader.next()
    assert b"***" in caught.value.received
    assert b"hunt" not in caught.value.received
