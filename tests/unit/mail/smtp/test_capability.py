"""What a relay offers, as read from its answer to EHLO."""

from __future__ import annotations

import pytest

from tocsin.mail.smtp.capability import is_masked_greeting, read_capabilities
from tocsin.mail.smtp.reply import Reply


def offered(*lines: str):
    return read_capabilities(Reply(250, ("relay.example.com", *lines)))


def test_the_endpoint_of_amazon_ses_is_understood():
    """The lines of the SES endpoint give STARTTLS, 8BITMIME and two mechanisms, no more."""
    caps = offered("8BITMIME", "STARTTLS", "AUTH PLAIN LOGIN", "Ok")
    assert caps.starttls
    assert caps.eight_bit
    assert caps.mechanisms == ("PLAIN", "LOGIN")
    assert not caps.pipelining
    assert not caps.smtputf8
    assert caps.size_limit is None
    assert not caps.size_offered
    assert not caps.masked
    assert caps.name == "relay.example.com"


def test_keywords_are_read_in_any_case():
    """RFC 5321 section 2.4: keywords carry no case."""
    assert offered("pipelining", "StartTLS", "auth plain").mechanisms == ("PLAIN",)
    assert offered("pipelining").pipelining


def test_the_old_form_of_auth_adds_to_the_new():
    """AUTH=LOGIN beside AUTH PLAIN offers both."""
    assert offered("AUTH PLAIN", "AUTH=LOGIN CRAM-MD5").mechanisms == (
        "PLAIN",
        "LOGIN",
        "CRAM-MD5",
    )


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("SIZE 10485760", 10_485_760),
        ("SIZE", None),
        ("SIZE 0", None),
        ("SIZE lots", None),
        ("SIZE -5", None),
        ("SIZE " + "9" * 5000, None),
    ],
)
def test_a_size_limit_counts_only_when_it_is_one(line, limit):
    """RFC 1870: no number or 0 means that no limit is named."""
    caps = offered(line)
    assert caps.size_limit == limit
    assert caps.size_offered


def test_keywords_overwritten_by_a_firewall_are_noticed():
    """X's in the place of a keyword betray a device in between; XCLIENT does not."""
    assert offered("XXXXXXXA", "SIZE 1").masked
    assert not offered("XCLIENT NAME ADDR", "X-EXPS GSSAPI", "XX").masked


def test_a_greeting_overwritten_by_a_firewall_is_noticed():
    """Asterisks in the place of a greeting betray a device in between."""
    assert is_masked_greeting("220 ****************02*********")
    assert not is_masked_greeting("220 relay *** welcome ***")
