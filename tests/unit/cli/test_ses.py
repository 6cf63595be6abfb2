"""``tocsin ses password`` and ``tocsin certs collect``: what is wrong with what is given."""

from __future__ import annotations

import pytest

from tocsin.cli.server import read_server

VECTORS = [
    ("eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
    ("eu-central-1", "another+secret+key", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
    ("us-west-1", "some+secret+key", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
    ("us-west-1", "another+secret+key", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
    (
        "us-east-1",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9",
    ),
]


@pytest.mark.parametrize(("region", "secret", "password"), VECTORS)
def test_published_passwords(command, region, secret, password):
    """The password of published secrets, with and without a line end, and as JSON."""
    for given in (secret, secret + "\n", f"  {secret}\r\nmore\n"):
        assert command("ses", "password", "--region", region, given=given).out == password + "\n"
    answer = command.answer("ses", "password", "--region", region, given=secret)
    assert answer == {"region": region, "password": password}


@pytest.mark.parametrize(
    ("region", "given", "words"),
    [
        ("eu-central-1", "", "standard input is empty"),
        ("eu-central-1", "\n", "standard input is empty"),
        ("eu-central-1", "schl\u00fcssel", "ASCII"),
        ("eu-central-1", b"\xff\xfe", "ASCII"),
        ("Nowhere!", "some+secret+key", "region"),
        ("", "some+secret+key", "region"),
    ],
)
def test_a_wrong_secret_or_region_is_said(command, region, given, words):
    """Exit status 2, words that help, and the secret is not repeated."""
    done = command("ses", "password", "--region", region, given=given, status=2)
    assert words in done.err
    assert done.out == ""
    assert "some+secret+key" not in done.err


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("relay.example.com", "relay.example.com", 587),
        ("relay.example.com:465", "relay.example.com", 465),
        ("192.0.2.1:25", "192.0.2.1", 25),
        ("2001:db8::1", "2001:db8::1", 587),
        ("[2001:db8::1]", "2001:db8::1", 587),
        ("[2001:db8::1]:2465", "2001:db8::1", 2465),
    ],
)
def test_where_to_look(text, host, port):
    """HOST and HOST:PORT, IPv6 addresses in brackets or by themselves."""
    assert read_server(text, 587) == (host, port)


@pytest.mark.parametrize(
    "target",
    ["", ":587", "relay.example.com:", "relay.example.com:0", "relay.example.com:65536",
     "relay.example.com:smtp", "https://relay.example.com", "a b", "a\nb", "user@host",
     "relay.example.com:\u0665\u0668\u0667"],
)  # fmt: skip
def test_a_target_that_is_none(command, target):
    """Exit status 2, and nobody is asked."""
    command("certs", "collect", target, status=2)


def test_wrong_trust_and_ciphers_are_said(command, tmp_path):
    """A file that is not there, no certificate or a key; ciphers that are none."""
    import chains

    made = chains.make("relay.example.com")
    (tmp_path / "key.pem").write_bytes(made.key_pem())
    (tmp_path / "page.html").write_text("<!doctype html>")
    for options, words in [
        (("--trust", "nowhere.pem"), "nowhere.pem"),
        (("--trust", "key.pem"), "private key"),
        (("--trust", "page.html"), "no certificate"),
        (("--trust", "."), "."),
        (("--ciphers", "NOTHING"), "NOTHING"),
        (("--ciphers", ""), "empty"),
    ]:
        done = command("certs", "collect", "127.0.0.1:1", *options, status=2)
        assert words in done.err.lower() + done.err
