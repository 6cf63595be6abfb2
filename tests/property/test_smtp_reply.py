"""Properties of reading replies: any bytes, cut anywhere."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.mail.smtp.reply import MalformedReply, Reply, ReplyReader

LINE = st.binary(max_size=60).map(lambda text: text.replace(b"\n", b" ").rstrip(b"\r"))


@st.composite
def lawful_reply(draw) -> bytes:
    """A reply of one or more lines, as a server may send it."""
    code = b"%d" % draw(st.integers(200, 599))
    *before, last = draw(st.lists(LINE, min_size=1, max_size=4))
    end = draw(st.sampled_from([b"\r\n", b"\n"]))
    return b"".join([*(code + b"-" + line + end for line in before), code + b" " + last + end])


WIRE = st.one_of(
    st.lists(lawful_reply(), max_size=6).map(b"".join),
    st.binary(max_size=200),
    st.lists(st.one_of(lawful_reply(), st.binary(max_size=12)), max_size=6).map(b"".join),
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces, cut at the given places."""
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    starts = [0, *ends]
    return [data[start:end] for start, end in zip(starts, ends, strict=False)]


def read(pieces: list[bytes]) -> tuple[list[Reply], bool]:
    """All replies, and whether it ended with a refusal."""
    reader, replies = ReplyReader(), []
    try:
        for piece in pieces:
            reader.feed(piece)
            while (reply := reader.next()) is not None:
                replies.append(reply)
    except MalformedReply:
        return replies, True
    return replies, False


@settings(deadline=None)
@given(WIRE, st.lists(st.integers(0, 1_000), max_size=12))
def test_the_same_replies_come_however_the_bytes_are_cut(data, places):
    """Cutting the stream anywhere changes neither the replies nor whether it is refused."""
    assert read(cut(data, places)) == read([data])


@settings(deadline=None)
@given(WIRE)
def test_byte_by_byte_is_the_same_as_at_once(data):
    """A drip-feed reads like a burst."""
    assert read([data[index : index + 1] for index in range(len(data))]) == read([data])


@settings(deadline=None)
@given(st.lists(lawful_reply(), max_size=6))
def test_lawful_replies_are_all_read(wires):
    """Each lawful reply comes out as one, with its code and as many lines as were sent."""
    replies, refused = read([b"".join(wires)])
    assert not refused
    assert [(reply.code, len(reply.lines)) for reply in replies] == [
        (int(wire[:3]), wire.count(b"\n")) for wire in wires
    ]


@settings(deadline=None)
@given(WIRE)
def test_a_reply_is_always_safe_to_show(data):
    """Whatever came, what is shown holds no control character but the line ends between lines."""
    for reply in read([data])[0]:
        assert all(line.isprintable() for line in reply.shown.split("\n"))
        assert str(reply).isprintable()
        assert isinstance(reply.text, str)
