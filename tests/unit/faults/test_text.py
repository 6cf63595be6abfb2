"""Faults from text alone: the published lines, several at once, and what must not be read in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tocsin.faults.catalogue import FAULTS, explain
from tocsin.faults.text.given import LONGEST, masked
from tocsin.faults.text.recognise import Recognised, recognise_text

CORPUS = Path(__file__).with_name("corpus_published.jsonl")
ROWS = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
"""Lines published in the SES developer guide, in public issues and transcripts, and printed by
clients against scripted servers; each with its code and the facts in it."""
KNOWN = [row for row in ROWS if row["code"] != "unknown"]
UNKNOWN = [row["line"] for row in ROWS if row["code"] == "unknown"]
NOT_VERIFIED = (
    "554 Message rejected: Email address is not verified. The following identities failed the "
    "check in region US-EAST-1: alarm@example.org"
)


def codes(recognised: Recognised) -> list[str]:
    """The codes found, in order."""
    return [one.code for one in recognised.findings]


@pytest.mark.parametrize("row", KNOWN, ids=[row["line"][:60] for row in KNOWN])
def test_published_lines(row: dict[str, Any]) -> None:
    """One finding of the right code, with the facts that stand in the line."""
    recognised = recognise_text(row["line"])
    assert recognised.known
    assert codes(recognised) == [row["code"]]
    found, wanted = recognised.findings[0].facts, row.get("facts", {})
    assert {name: found.get(name) for name in wanted} == wanted


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_not_known_is_said_to_be_unknown(text: str) -> None:
    """One finding that says what to collect, and no guess."""
    recognised = recognise_text(text)
    assert not recognised.known
    assert codes(recognised) == ["unknown"]
    told = explain(recognised.findings[0])
    assert any("Collect" in step or "take every line" in step for step in told.fix)


def test_the_cause_names_identity_and_region() -> None:
    """What SES says in capitals and lists becomes a sentence."""
    told = explain(recognise_text(NOT_VERIFIED).findings[0])
    assert "alarm@example.org is not a verified identity in us-east-1" in told.cause


def test_our_own_sender_in_the_list_leaves_no_doubt() -> None:
    """With the envelope beside it, a sender is told from a recipient."""
    sent = f"smtp.mailfrom: MAIL FROM:<alarm@example.org>\n250 Ok\n{NOT_VERIFIED}"
    (finding,) = recognise_text(sent).findings
    assert finding.code == "ses.identity-not-verified"
    assert "also" not in finding.facts
    received = NOT_VERIFIED.replace("alarm@example.org", "op@example.net")
    (finding,) = recognise_text(f"RCPT TO:<op@example.net>\n250 Ok\n{received}").findings
    assert finding.code == "ses.sandbox-recipient"
    assert finding.facts["recipient"] == "op@example.net"


def test_several_faults_in_several_lines() -> None:
    """Each is found, in the order of the text."""
    text = (
        "connect to mail.example.com[2001:db8::25]:587: Network is unreachable\n"
        f"535 Authentication Credentials Invalid\n{NOT_VERIFIED}\n"
        "curl: (60) SSL certificate problem: certificate has expired"
    )
    assert codes(recognise_text(text)) == [
        "tcp.unreachable",
        "auth.rejected",
        "ses.identity-not-verified",
        "tls.expired",
    ]


def test_two_identities_are_two_findings() -> None:
    """The same fault of two senders is told of both."""
    other = NOT_VERIFIED.replace("alarm@example.org", "ids@example.com")
    found = recognise_text(f"{NOT_VERIFIED}\n{other}").findings
    assert [one.facts["identities"] for one in found] == ["alarm@example.org", "ids@example.com"]


def test_a_consequence_is_not_told_beside_its_cause() -> None:
    """That the program gave up afterwards says nothing more."""
    text = (
        "smtplib.SMTPServerDisconnected: Connection unexpectedly closed\n"
        "Broken pipe\n<** 535 Authentication Credentials Invalid\n"
        "*** No authentication type succeeded"
    )
    assert codes(recognise_text(text)) == ["auth.rejected"]


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ("certificate has expired", "tls.expired"),
        ("self-signed certificate", "tls.self-signed"),
        ("unable to get local issuer certificate", "tls.untrusted-issuer"),
        ("Hostname mismatch", "tls.name-mismatch"),
    ],
)
def test_words_narrow_each_other(detail: str, code: str) -> None:
    """Words that it did not verify, beside the reason, mean the reason."""
    text = f"SSL routines::certificate verify failed\nverify error: {detail}"
    assert codes(recognise_text(text)) == [code]


def test_what_cannot_be_told_apart_is_said() -> None:
    """Java's one word for four faults: the cause says so, and the others are named."""
    text = (
        "SunCertPathBuilderException: unable to find valid certification path to requested target"
    )
    (finding,) = recognise_text(text).findings
    assert finding.facts["also"] == "tls.incomplete-chain, tls.self-signed, tls.intercepted"
    told = explain(finding)
    assert "do not tell" in told.cause
    assert any("certs collect" in step for step in told.fix)


def test_a_user_of_temporary_credentials_is_named() -> None:
    """A 535 for a user name that begins with ASIA has its reason in the name."""
    text = "user=ASIAIOSFODNN7EXAMPLE\n535 Authentication Credentials Invalid"
    assert codes(recognise_text(text)) == ["auth.temporary-credentials"]


@pytest.mark.parametrize("code", sorted(set(FAULTS) - {"unknown"}))
def test_our_own_log_is_known_by_its_code(code: str) -> None:
    """A line of response.log says its code; its facts are taken along."""
    text = (
        f'{{"at":"2026-11-25T04:00:00Z","event":"attempt","ok":false,"code":"{code}",'
        '"reply":"554 5.7.1 no","host":"mail.example.com"}'
    )
    (finding,) = recognise_text(text).findings
    assert finding.code == code
    assert finding.facts["program"] == "Tocsin"
    assert finding.facts["host"] == "mail.example.com"


def test_a_reply_of_several_lines_is_one() -> None:
    """A relay that explains itself at length is quoted whole."""
    text = (
        "550-5.7.26 This mail is unauthenticated, which poses a security risk.\n"
        "550-5.7.26 DKIM = did not pass\n550 5.7.26 SPF did not pass"
    )
    (finding,) = recognise_text(text).findings
    assert finding.facts["reply"].startswith("550 5.7.26 This mail")
    assert finding.facts["reply"].endswith("SPF did not pass")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("after MAIL FROM:<a@example.org>: 550 no", "smtp.sender-refused"),
        ("after RCPT TO:<b@example.net>: 550 no", "smtp.recipient-refused"),
        ("after end of data: 550 no", "smtp.content-rejected"),
        ("after initial connection: 550 no", "smtp.greeting-refused"),
        ("after STARTTLS: 550 no", "smtp.starttls-refused"),
    ],
)
def test_the_step_decides_where_the_words_say_nothing(line: str, code: str) -> None:
    """The same reply means another thing at another step, and the line names the step."""
    text = f"H=mail.example.com [192.0.2.25]: SMTP error from remote mail server {line}"
    assert codes(recognise_text(text)) == [code]


SECRET = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
HIDDEN = "AGFsYXJtAHMzY3JldHMzY3JldA=="


@pytest.mark.parametrize(
    "line",
    [
        f"AUTH PLAIN {HIDDEN}",
        f"-> AUTH PLAIN {HIDDEN}",
        f"<- 334 UGFzc3dvcmQ6\n-> {HIDDEN}",
        f"password={HIDDEN}",
        f'"smtp_password": "{HIDDEN}"',
        f"smtp://user:{HIDDEN}@mail.example.com:587",
        f"Authorization: Basic {HIDDEN}",
        f"user alarm {SECRET} refused",
        f"密码:{HIDDEN}",
    ],
)
def test_a_secret_is_repeated_nowhere(line: str) -> None:
    """Neither in facts nor in sentences, whatever stands around it."""
    for text in (
        f"{line}\n535 Authentication Credentials Invalid",
        f"535 Authentication Credentials Invalid {line}",
        f"550 in no words that are known: {line}",
        line,
    ):
        for finding in recognise_text(text).findings:
            told = explain(finding)
            said = " ".join([*finding.facts.values(), told.title, told.cause, *told.fix])
            assert HIDDEN not in said
            assert SECRET not in said
    assert HIDDEN not in masked(f"{line}\n")
    assert SECRET not in masked(f"{line}\n")


@pytest.mark.parametrize(
    "part",
    [
        "x", "5", "535 ", "535-", "554 5.7.1 ", "a.", "[", "<", "host[", "to=<a@", "\\n", "\x1b[",
        "((((", "'", '"', "334 a\n", "://a:", "unable to connect to ", "password=", "=", "\n",
        "\x00", "Host or domain name not found. Name service error for name=",
        "Couldn't connect to host, port: ", "x509: certificate is valid for ", "email-smtp.", "a-",
        "subject=", "A", "identities failed the check: ", "Email address is not verified ",
        "dns.not-found", "tls.a-", "\u0130", "depth=0 ", "1 s:a\ni:", "'a@b.c': (550, b'",
    ],
)  # fmt: skip
def test_a_megabyte_of_anything_is_looked_at(part: str) -> None:
    """No text stalls the recogniser: this test would not come to an end within its run."""
    text = part * (1_000_000 // len(part))
    for finding in recognise_text(text).findings:
        assert finding.code in FAULTS
        assert sum(map(len, finding.facts.values())) < 20_000


def test_beginning_and_end_of_a_long_text_are_looked_at() -> None:
    """The failure stands at the end of a log, and sometimes at its beginning."""
    filler = "all is well here\n" * (2 * LONGEST // 17)
    assert codes(recognise_text(f"{filler}535 Authentication Credentials Invalid")) == [
        "auth.rejected"
    ]
    assert codes(recognise_text(f"535 Authentication Credentials Invalid\n{filler}")) == [
        "auth.rejected"
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\x1b[31m535\x1b[0m \x1b[1mAuthentication Credentials Invalid\x1b[0m", "auth.rejected"),
        ("535 Authentication\u202e Credentials\u2066 Invalid", "auth.rejected"),
        ('err="535 5.7.8 authentication failed\\nmore"', "auth.rejected"),
        ("535\tAuthentication  Credentials\t Invalid\r\n", "auth.rejected"),
        ("535 AUTHENTICATION CREDENTIALS INVALID", "auth.rejected"),
        ("java.net.ConnectException: Connection refused#012#011at mail", "tcp.refused"),
    ],
)
def test_what_loggers_do_to_lines(text: str, code: str) -> None:
    """Colours, escapes, tabs and letters' size do not matter; what cannot be seen parts words."""
    found = recognise_text(text)
    assert codes(found) == [code]
    for finding in found.findings:
        assert all(value.isprintable() for value in finding.facts.values())
