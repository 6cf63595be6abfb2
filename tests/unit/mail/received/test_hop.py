"""Received fields as different servers write them."""

from __future__ import annotations

import pytest

from tocsin.base.clock import parse_rfc3339
from tocsin.mail.received.hop import Hop, read_date, read_hop

AT = parse_rfc3339("2026-03-24T00:37:14Z")

GMAIL = (
    "from a8-156.smtp-out.amazonses.com (a8-156.smtp-out.amazonses.com. [198.51.100.156]) "
    "by mx.example.net with ESMTPS id x1si1234567abc.201.2026.03.23.17.37.14 "
    "for <op@example.net> (version=TLS1_2 cipher=ECDHE-ECDSA-AES128-GCM-SHA256 bits=128/128); "
    "Mon, 23 Mar 2026 17:37:14 -0700 (PDT)"
)
POSTFIX = (
    "from a8-156.smtp-out.amazonses.com (a8-156.smtp-out.amazonses.com [198.51.100.156]) "
    "(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) "
    "key-exchange X25519 server-signature RSA-PSS (2048 bits)) (No client certificate requested) "
    "by mail.example.net (Postfix) with ESMTPS id 7F79839A046 for <op@example.net>; "
    "Tue, 24 Mar 2026 00:37:14 +0000 (UTC)"
)
EXCHANGE = (
    "from AM0PR01.example.org (2001:db8::8) by DB9PR02.example.net (2001:db8::18) with Microsoft "
    "SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8769.1 "
    "via Frontend Transport; Tue, 24 Mar 2026 00:37:14 +0000"
)
EXIM = (
    "from mail.example.com ([192.0.2.25] helo=relay) by mx.example.net with esmtps (TLS1.3) "
    "tls TLS_AES_256_GCM_SHA384 (Exim 4.98) (envelope-from <a@example.com>) id 1tXyZ-000-12 "
    "for op@example.net; Tue, 24 Mar 2026 00:37:14 +0000"
)
LOCAL = "by 2002:a19:cb97:0:0:0:0:0 with SMTP id b145csp2707879lfg; Mon, 23 Mar 2026 17:37:14 -0700"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            GMAIL,
            Hop(
                helo="a8-156.smtp-out.amazonses.com",
                host="a8-156.smtp-out.amazonses.com",
                address="198.51.100.156",
                by="mx.example.net",
                protocol="ESMTPS",
                id="x1si1234567abc.201.2026.03.23.17.37.14",
                recipient="op@example.net",
                encrypted=True,
                tls_version="TLS1_2",
                cipher="ECDHE-ECDSA-AES128-GCM-SHA256",
                at=AT,
            ),
        ),
        (
            POSTFIX,
            Hop(
                helo="a8-156.smtp-out.amazonses.com",
                host="a8-156.smtp-out.amazonses.com",
                address="198.51.100.156",
                by="mail.example.net",
                protocol="ESMTPS",
                id="7F79839A046",
                recipient="op@example.net",
                encrypted=True,
                tls_version="TLSv1.3",
                cipher="TLS_AES_256_GCM_SHA384",
                at=AT,
            ),
        ),
        (
            EXCHANGE,
            Hop(
                helo="AM0PR01.example.org",
                address="2001:db8::8",
                by="DB9PR02.example.net",
                protocol="Microsoft SMTP Server",
                id="15.20.8769.1",
                encrypted=True,
                tls_version="TLS1_2",
                cipher="TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                at=AT,
            ),
        ),
        (
            EXIM,
            Hop(
                helo="mail.example.com",
                address="192.0.2.25",
                by="mx.example.net",
                protocol="esmtps",
                id="1tXyZ-000-12",
                recipient="op@example.net",
                encrypted=True,
                tls_version="TLS1.3",
                cipher="TLS_AES_256_GCM_SHA384",
                at=AT,
            ),
        ),
        (
            LOCAL,
            Hop(
                by="2002:a19:cb97:0:0:0:0:0",
                protocol="SMTP",
                id="b145csp2707879lfg",
                at=AT,
            ),
        ),
    ],
    ids=["Gmail", "Postfix", "Exchange", "Exim", "inside"],
)
def test_servers_write_it_in_their_ways(value, expected):
    """From, by, with, id, for, TLS and time come out of each."""
    assert read_hop(value) == expected


@pytest.mark.parametrize(
    ("value", "host", "address"),
    [
        ("from unknown (HELO relay) (192.0.2.1) by x; y", "", "192.0.2.1"),
        ("from [192.0.2.1] by x", "", "192.0.2.1"),
        ("from relay (localhost [IPv6:2001:db8::1]) by x", "", "2001:db8::1"),
        ("from a (root@host.example.com [192.0.2.1]) by x", "host.example.com", "192.0.2.1"),
        ("from a (999.999.999.999) by x", "", ""),
        ("(qmail 1234 invoked by uid 0)", "", ""),
    ],
)
def test_the_address_is_what_the_server_saw(value, host, address):
    """In round or square brackets; what is none is not taken for one."""
    hop = read_hop(value)
    assert (hop.host, hop.address) == (host, address)


@pytest.mark.parametrize(
    ("protocol", "encrypted"),
    [("ESMTPS", True), ("ESMTPSA", True), ("esmtpsa", True), ("UTF8SMTPS", True), ("LMTPS", True),
     ("SMTP", False), ("ESMTP", False), ("ESMTPA", False), ("LMTP", False), ("HTTP", False),
     ("ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384", True)],
)  # fmt: skip
def test_the_protocol_tells_whether_tls_was_used(protocol, encrypted):
    """Where the server says nothing else of it."""
    assert read_hop(f"from a by b with {protocol} id 1").encrypted is encrypted


def test_a_comment_may_hold_what_looks_like_a_clause():
    """Words in comments are no clauses, and a semicolon there is no end."""
    hop = read_hop("from a.example.com (from b; by c (by d)) by e.example.net; x")
    assert (hop.helo, hop.by) == ("a.example.com", "e.example.net")


@pytest.mark.parametrize(
    "value",
    ["", ";", "from", "from from from by by", "(((((", '"', "from a (", "a\\", "for <", ";;"],
)
def test_odd_values_give_an_empty_hop_or_part_of_one(value):
    """Nothing is raised, and no time is made up."""
    assert read_hop(value).at is None


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Tue, 99 Nov 2026 12:00:00 +0000", "1 Jan 99999 00:00:00", "x" * 500]
)
def test_what_is_no_date_is_none(text):
    """A stranger's date may be anything."""
    assert read_date(text) is None
