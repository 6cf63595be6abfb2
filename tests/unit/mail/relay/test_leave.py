"""What a relay's notice of leave says of its limits."""

from __future__ import annotations

import pytest

from tocsin.mail.relay.leave import Reason, reason_of
from tocsin.mail.smtp.reply import Reply


@pytest.mark.parametrize(
    ("code", "words", "reason"),
    [
        (
            421,
            "Connection closed by server. Maximum message count per session reached.",
            Reason.MESSAGES,
        ),
        (421, "4.7.0 too many messages in this connection", Reason.MESSAGES),
        (421, "4.4.2 Number of messages per session exceeded", Reason.MESSAGES),
        (421, "limit of 20 transactions per session reached", Reason.MESSAGES),
        (451, "4.4.2 Timeout waiting for data from client.", Reason.IDLE),
        (421, "Timeout waiting for data from client.", Reason.IDLE),
        (421, "4.4.2 relay.example.com Error: timeout exceeded", Reason.IDLE),
        (421, "SMTP command timed out - closing connection", Reason.IDLE),
        (421, "idle for too long, closing", Reason.IDLE),
        (421, "4.4.2 closing", Reason.IDLE),
        (421, "session time limit exceeded", Reason.AGE),
        (421, "4.3.2 connection has exceeded its lifetime", Reason.AGE),
        (421, "Service not available, closing transmission channel.", Reason.UNSAID),
        (421, "4.3.0 Mail system failure, closing transmission channel", Reason.UNSAID),
        (421, "", Reason.UNSAID),
        (421, "4.7.0 too many messages per hour from you", Reason.OTHER),
        (421, "Maximum sending rate exceeded", Reason.OTHER),
        (421, "Too many concurrent SMTP connections", Reason.OTHER),
        (421, "x" * 60_000, Reason.UNSAID),
    ],
)
def test_the_words_say_why(code, words, reason):
    """Count, rest and age are told apart, and from what is no property of a connection."""
    assert reason_of(Reply(code, (words,))) is reason


def test_words_over_several_lines_are_read_together():
    """A notice may be long."""
    assert reason_of(Reply(421, ("4.4.2 bye:", "4.4.2 idle too long"))) is Reason.IDLE
