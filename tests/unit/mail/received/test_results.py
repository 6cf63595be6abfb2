"""Authentication-Results as different servers write them (RFC 8601)."""

from __future__ import annotations

import pytest

from tocsin.mail.received.results import read_results

GMAIL = (
    "mx.example.net; dkim=pass header.i=@example.com header.s=abc234 header.b=AbCdEfGh; "
    "dkim=pass header.i=@amazonses.com header.s=def567 header.b=IjKlMnOp; "
    "spf=pass (example.net: domain of id@amazonses.com designates 192.0.2.156 as permitted "
    "sender) smtp.mailfrom=id@amazonses.com; "
    "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com"
)
POSTFIX = (
    "mail.example.net; dkim=pass (1024-bit key) header.d=amazonses.com header.i=@amazonses.com "
    'header.b="AbCdEfGh"; dkim-atps=neutral'
)
EXCHANGE = (
    "spf=pass (sender IP is 192.0.2.156) smtp.mailfrom=amazonses.com; dkim=pass (signature was "
    "verified) header.d=example.com;dmarc=pass action=none header.from=example.com;"
    "compauth=pass reason=100"
)


def methods(value: str) -> list[tuple[str, str]]:
    """Methods with their results."""
    return [(one.method, one.result) for one in read_results(value).results]


def test_gmail():
    """Every result with what it rests on."""
    found = read_results(GMAIL)
    assert found.server == "mx.example.net"
    assert methods(GMAIL) == [
        ("dkim", "pass"),
        ("dkim", "pass"),
        ("spf", "pass"),
        ("dmarc", "pass"),
    ]
    first, _, spf, dmarc = found.results
    assert first.get("header.i") == "@example.com"
    assert first.get("header.b") == "AbCdEfGh"
    assert spf.get("smtp.mailfrom") == "id@amazonses.com"
    assert spf.comment.startswith("example.net: domain of id@amazonses.com designates")
    assert dmarc.comment == "p=REJECT sp=REJECT dis=NONE"
    assert dmarc.get("header.from") == "example.com"


def test_postfix_with_opendkim():
    """A quoted value loses its quotes; a result may rest on nothing."""
    found = read_results(POSTFIX)
    assert found.results[0].comment == "1024-bit key"
    assert found.results[0].get("header.b") == "AbCdEfGh"
    assert methods(POSTFIX)[1] == ("dkim-atps", "neutral")


def test_exchange_does_not_say_who_it_is():
    """The first part is a result already."""
    found = read_results(EXCHANGE)
    assert found.server == ""
    assert methods(EXCHANGE) == [
        ("spf", "pass"),
        ("dkim", "pass"),
        ("dmarc", "pass"),
        ("compauth", "pass"),
    ]
    assert found.results[2].get("action") == "none"
    assert found.results[3].reason == "100"


def test_an_arc_set_s_results_have_a_number():
    """And, with Exchange, a version."""
    found = read_results("i=1; mx.example.com 1; spf=pass smtp.mailfrom=example.com; arc=none")
    assert (found.instance, found.server, found.version) == (1, "mx.example.com", "1")
    assert len(found.results) == 2


@pytest.mark.parametrize(
    ("value", "server", "count"),
    [
        ("mx.example.net; none", "mx.example.net", 0),
        ("mx.example.net", "mx.example.net", 0),
        ("MX.Example.NET.; dkim=none", "mx.example.net", 1),
        ("mx.example.net (a comment; with = marks); dkim=fail", "mx.example.net", 1),
        ("none", "", 0),
        ("", "", 0),
    ],
)
def test_fields_that_say_little(value, server, count):
    """No results are none, and comments are no results."""
    found = read_results(value)
    assert (found.server, len(found.results)) == (server, count)


def test_a_method_may_have_a_version_and_a_reason():
    """As the standard's own examples do."""
    (found,) = read_results(
        'mx.example.net 1; dkim/1 = fail reason="bad signature (body)" header.d=example.com'
    ).results
    assert (found.method, found.result) == ("dkim", "fail")
    assert found.reason == "bad signature (body)"
    assert found.get("header.d") == "example.com"


def test_a_value_may_be_quoted_in_part():
    """An address with an odd local part is put together again."""
    (found,) = read_results(
        'mx.example.net; spf=pass smtp.mailfrom="odd+name=x"@example.com'
    ).results
    assert found.get("smtp.mailfrom") == "odd+name=x@example.com"


@pytest.mark.parametrize(
    "value", [";;;", "=", "a=;b", "x; =pass", "x; a==b", '"', "(", "x; /", "i=;"]
)
def test_odd_values_give_what_can_be_read(value):
    """Nothing is raised."""
    read_results(value)


def test_very_many_results_are_bounded():
    """Nobody writes a hundred."""
    assert len(read_results("x;" + "dkim=pass;" * 5000).results) <= 100
