"""From what went wrong to its fault code, as one table."""

from __future__ import annotations

import errno
import socket

import pytest

from tocsin.faults.catalogue import is_known
from tocsin.faults.fault import Finding
from tocsin.mail.relay.fault import (
    LocalTrouble,
    TlsTrouble,
    finding_of,
    finding_of_doubt,
    finding_of_unsendable,
    trouble_of_connect,
    trouble_of_lookup,
)
from tocsin.mail.smtp import failure as smtp
from tocsin.mail.smtp.reply import Reply
from tocsin.mail.smtp.step import Step
from tocsin.trust.session import TlsFailure

FACTS = {"host": "relay.example.com", "port": "587", "address": "192.0.2.1"}


def refused(step: Step, code: int, text: str) -> smtp.Refused:
    return smtp.Refused(step, Reply(code, (text,)))


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (refused(Step.GREETING, 554, "No SMTP service here"), "smtp.greeting-refused"),
        (refused(Step.GREETING, 421, "Too many concurrent SMTP connections"), None),
        (refused(Step.EHLO, 421, "closing"), "smtp.temporary"),
        (refused(Step.STARTTLS, 454, "TLS not available"), "smtp.starttls-refused"),
        (refused(Step.AUTH, 535, "Authentication Credentials Invalid"), "auth.rejected"),
        (refused(Step.AUTH, 454, "Temporary authentication failure"), "auth.temporary"),
        (smtp.NotSmtp(Step.GREETING, "no reply", b"SSH-2.0-OpenSSH\r"), "smtp.not-smtp"),
        (smtp.Masked(Step.EHLO, "220 *****"), "smtp.masked-by-firewall"),
        (smtp.StartTlsMissing(("SIZE",)), "smtp.starttls-missing"),
        (smtp.StartTlsInjection(b"250-AUTH PLAIN\r\n"), "smtp.starttls-injection"),
        (smtp.AuthNotOffered(), "auth.not-offered"),
        (smtp.NoMechanism(("GSSAPI",)), "auth.no-mechanism"),
        (smtp.Unanswered(Step.DNS, 1), "dns.timeout"),
        (smtp.Unanswered(Step.TCP, 1), "tcp.timeout"),
        (smtp.Unanswered(Step.GREETING, 1), "smtp.banner-timeout"),
        (smtp.Unanswered(Step.EHLO, 1), "smtp.timeout"),
        (smtp.Unanswered(Step.STARTTLS, 1), "smtp.timeout"),
        (smtp.Unanswered(Step.TLS, 1), "tls.handshake-dropped"),
        (smtp.Unanswered(Step.AUTH, 1), "smtp.timeout"),
        (smtp.Unanswered(Step.BODY, 1), "smtp.timeout"),
        (smtp.Closed(Step.GREETING, "closed"), "smtp.closed-early"),
        (smtp.Closed(Step.TLS, "reset"), "tls.handshake-dropped"),
        (smtp.Closed(Step.MAIL, "closed"), "smtp.closed-early"),
        (LocalTrouble(Step.TCP, "tcp.refused", "refused", "192.0.2.9"), "tcp.refused"),
        (
            TlsTrouble(Step.TLS, TlsFailure(Finding("tls.expired", {"expires": "2026"}), ())),
            "tls.expired",
        ),
    ],
)
def test_each_failure_has_its_code(failure, code):
    """Every way to fail becomes a code of the catalogue, with where it was and at which step."""
    finding = finding_of(failure, FACTS)
    assert code is None or finding.code == code
    assert is_known(finding.code)
    assert finding.facts["host"] == "relay.example.com"
    assert finding.facts["stage"] == failure.step.value
    assert all(isinstance(value, str) for value in finding.facts.values())


def test_a_tls_finding_keeps_its_own_facts():
    """What the handshake found out stands beside where it was."""
    trouble = TlsTrouble(Step.TLS, TlsFailure(Finding("tls.expired", {"expires": "2026"}), ()))
    assert finding_of(trouble, FACTS).facts["expires"] == "2026"


def test_what_was_received_instead_of_smtp_is_shown_escaped():
    """Raw bytes are evidence, and safe to print."""
    finding = finding_of(smtp.NotSmtp(Step.GREETING, "x", b"\x15\x03\x01\xff"), FACTS)
    assert finding.facts["reply"] == "\\x15\\x03\\x01\\xff"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "dns.not-found"),
        (socket.gaierror(socket.EAI_NODATA, "No address"), "dns.not-found"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "dns.timeout"),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"), "dns.timeout"),
        (UnicodeError("label empty or too long"), "dns.not-found"),
        (OSError(errno.EMFILE, "Too many open files"), "dns.timeout"),
    ],
)
def test_a_failed_lookup_has_its_code(error, code):
    """A name that is not there is told from a name server that does not answer."""
    trouble = trouble_of_lookup(error)
    assert (trouble.code, trouble.step) == (code, Step.DNS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "tcp.refused"),
        (TimeoutError(), "tcp.timeout"),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), "tcp.timeout"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "tcp.unreachable"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "tcp.unreachable"),
        (PermissionError(errno.EPERM, "Operation not permitted"), "tcp.unreachable"),
    ],
)
def test_a_failed_connection_has_its_code(error, code):
    """Refused, silent and unreachable are three different things."""
    trouble = trouble_of_connect(error, "192.0.2.1", 10)
    assert (trouble.code, trouble.step, trouble.address) == (code, Step.TCP, "192.0.2.1")
    assert trouble.words


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (smtp.UnsafePath("a@x>\r\nRCPT"), "smtp.address-syntax"),
        (smtp.NoRecipients(), "smtp.no-recipients"),
        (smtp.TooLarge(2_000, 1_000), "smtp.message-too-large"),
        (smtp.UnsafeContent("bare LF"), "smtp.content-rejected"),
        (smtp.NotOffered("8BITMIME"), "smtp.content-rejected"),
        (smtp.NotOffered("SMTPUTF8", "ü@example.com"), "smtp.address-syntax"),
    ],
)
def test_a_message_that_we_refuse_has_its_code(problem, code):
    """What is not sent says why, in the same catalogue as what is refused."""
    finding = finding_of_unsendable(problem, FACTS)
    assert finding.code == code
    assert is_known(code)
    assert finding.facts["reply"].startswith("not sent: ")
    assert all(value.isprintable() for value in finding.facts.values())


def test_doubt_says_what_left_it_in_doubt():
    """The reason stands with the finding, so that silence and a cut can be told apart."""
    finding = finding_of_doubt(smtp.Closed(Step.BODY, "reset"), FACTS)
    assert finding.code == "smtp.outcome-unknown"
    assert finding.facts["reason"] == "connection reset"


def test_a_login_that_cannot_be_said_is_a_matter_of_user_and_password():
    """Nothing was sent; what is to be entered anew is the same as after a refusal."""
    finding = finding_of(smtp.UnfitLogin("the password holds a NUL"), FACTS)
    assert finding.code == "auth.rejected"
    assert finding.facts["reply"] == "not sent: the password holds a NUL"


def test_what_else_a_relay_said_about_a_refusal_stands_with_it():
    """XOAUTH2 tells the reason beside the reply."""
    reply = Reply(535, ("5.7.8 no",))
    finding = finding_of(smtp.Refused(Step.AUTH, reply, "the token has expired"), FACTS)
    assert finding.code == "auth.rejected"
    assert finding.facts["reason"] == "the token has expired"
