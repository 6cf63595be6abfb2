"""Any bytes into the reader of replies: the same comes out however they are cut."""

from __future__ import annotations

from tocsin.mail.smtp.reply import (
    MAX_LINE,
    MAX_LINES,
    MAX_REPLY,
    MalformedReply,
    Reply,
    ReplyReader,
)

SECRET = "hunter2-of-the-relay"
SEEDS = (
    b"\x03250 Ok\r\n",
    b"\x07250-one\r\n250-two\n250 2.1.0 three\r\n354 Go\r\n",
    b"\x01550-5.1.1 no\r\n550 5.1.1 such user\r\n421 4.3.2 bye\r\n",
    b"\x05334 VXNlcm5hbWU6\r\n535 hunter2-of-the-relay\r\n",
    b"\x02334 aHVudGVyMi1vZi10aGUtcmVsYXk=\r\n",
    b"\x09220 \xff\xfe\x00\x1b[31m\r\nSSH-2.0-x\r\n",
    b"\x0a250-\n250-\n250",
)


def one_input(data: bytes) -> None:
    """The first byte says into how long pieces the rest is cut."""
    piece, wire = data[0] + 1 if data else 1, data[1:]
    whole = _read([wire])
    assert whole == _read([wire[at : at + piece] for at in range(0, len(wire), piece)])


def _read(pieces: list[bytes]) -> tuple[list[Reply], str]:
    reader, replies = ReplyReader(), []
    reader.mask((SECRET,))
    for piece in pieces:
        reader.feed(piece)
        refused = _read_on(reader, replies)
        if refused is not None:
            assert len(refused.received) <= 200
            assert SECRET.encode() not in refused.received
            return replies, str(refused)
        assert len(reader.unread) <= MAX_LINE
    return replies, ""


def _read_on(reader: ReplyReader, replies: list[Reply]) -> MalformedReply | None:
    try:
        while (reply := reader.next()) is not None:
            _check(reply)
            replies.append(reply)
    except MalformedReply as refused:
        return refused
    return None


def _check(reply: Reply) -> None:
    assert 200 <= reply.code <= 599
    assert len(reply.lines) <= MAX_LINES
    assert sum(map(len, reply.lines)) <= 12 * MAX_REPLY
    assert all(line.isprintable() for line in reply.shown.split("\n"))
    assert reply.enhanced is None or reply.enhanced[0] == str(reply.code)[0]
    assert SECRET not in reply.shown + reply.text + str(reply)
