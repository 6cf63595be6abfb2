"""The envelope alone: what is asked, what is never said, and what can be told from the answers."""

from __future__ import annotations

from tocsin.doctor.trial import Trial
from tocsin.mail.smtp.capability import Capabilities
from tocsin.mail.smtp.failure import Closed, Refused, UnsafePath
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.step import Step

SENDER, RECIPIENTS = "alarm@example.com", ("op@example.net", "soc@example.org")


NOTHING = Capabilities()


def played(*answers: str, capabilities: Capabilities = NOTHING) -> tuple[Trial, list[str]]:
    """A trial with a relay that gives these answers, and what was said to it."""
    trial = Trial(SENDER, RECIPIENTS, capabilities, ReplyReader())
    said = [trial.outgoing().decode()]
    for at, answer in enumerate(answers):
        trial.receive(f"{answer}\r\n".encode(), float(at))
        said.append(trial.outgoing().decode())
    return trial, [one for one in said if one]


def test_everybody_is_asked_about_and_nothing_is_handed_over():
    """MAIL, each RCPT and RSET, one at a time; DATA is never said."""
    trial, said = played("250 Ok", "250 Ok", "250 Ok", "250 Ok")
    assert said == [
        f"MAIL FROM:<{SENDER}>\r\n",
        f"RCPT TO:<{RECIPIENTS[0]}>\r\n",
        f"RCPT TO:<{RECIPIENTS[1]}>\r\n",
        "RSET\r\n",
    ]
    assert trial.done
    assert trial.failure is None
    assert [one.step for one in trial.transcript] == ["mail", "rcpt", "rcpt"]


def test_no_size_is_said_of_a_message_that_is_not_there():
    """A relay with SIZE hears none; another parameter would stay."""
    _, said = played(capabilities=Capabilities(keywords={"SIZE": "1000"}))
    assert said == [f"MAIL FROM:<{SENDER}>\r\n"]


def test_a_refused_sender_does_not_hide_the_recipients():
    """Some relays judge them all the same; a 503 says nothing of them."""
    trial, _ = played("550 Not you", "550 Not them", "503 MAIL first", "250 Ok")
    assert trial.done
    assert trial.mail is not None
    assert {name: reply.code for name, reply in trial.replies.items()} == {RECIPIENTS[0]: 550}


def test_a_relay_that_takes_leave_ends_it():
    """421 is no answer about the address, and nothing more is said."""
    trial, said = played("250 Ok", "421 Shutting down")
    assert isinstance(trial.failure, Refused)
    assert trial.failure.step is Step.RCPT
    assert len(said) == 2


def test_a_connection_that_ends_after_the_last_answer_is_no_failure():
    """Everything was asked; RSET alone found no answer."""
    trial, _ = played("250 Ok", "250 Ok", "250 Ok")
    trial.lost(Closed(Step.RSET, "closed"), 9.0)
    assert trial.done
    assert trial.failure is None


def test_a_connection_that_ends_before_is_one():
    """The step that found no answer is told, with why."""
    trial, _ = played("250 Ok")
    trial.lost(Closed(Step.RCPT, "reset"), 9.0)
    assert isinstance(trial.failure, Closed)
    assert trial.transcript[-1].received == "(connection reset)"


def test_what_is_no_reply_ends_it():
    """Octets that make no sense are a failure of their step."""
    trial, _ = played("HTTP/1.1 400 Bad Request")
    assert trial.failure is not None
    assert trial.failure.step is Step.MAIL


def test_an_address_that_would_break_the_command_is_not_sent():
    """Nothing goes out, and the problem says which address."""
    trial = Trial("a@example.com", ("b@example.com>\r\nDATA",), Capabilities(), ReplyReader())
    assert trial.done
    assert trial.outgoing() == b""
    assert isinstance(trial.problem, UnsafePath)
