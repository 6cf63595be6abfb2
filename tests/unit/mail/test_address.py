"""What is an address, and what only looks like one."""

from __future__ import annotations

import pytest

from tocsin.mail.address import check_address, check_domain


@pytest.mark.parametrize(
    ("given", "wire"),
    [
        ("soc@example.com", "soc@example.com"),
        ("SOC.Team+alarms@Example.COM", "SOC.Team+alarms@example.com"),
        ("o'brien{x}@example.com", "o'brien{x}@example.com"),
        ("soc@exämple.com", "soc@xn--exmple-cua.com"),
        ("soc@straße.example", "soc@xn--strae-oqa.example"),
        ("soc@EXÄMPLE.com", "soc@xn--exmple-cua.com"),
        ("用户@例子.example", "用户@xn--fsqu00a.example"),
        ("root@localhost", "root@localhost"),
        (f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
        ("cafe\u0301@example.com", "caf\u00e9@example.com"),
    ],
)
def test_address_becomes_wire_form(given, wire):
    """A usable address keeps its local part (in NFC) and gets its domain in A-labels."""
    assert check_address(given) == wire


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "no name and domain"),
        ("soc", "no name and domain"),
        ("@example.com", "no name and domain"),
        ("soc@", "no name and domain"),
        ("SOC <soc@example.com>", "leave out name and brackets"),
        ("soc@example.com\r\nBcc: x@example.net", "characters before the @"),
        ("soc@example.com\r\nX: y", "no domain name"),
        ("soc\n@example.com", "characters before the @"),
        ("soc\0@example.com", "characters before the @"),
        ("s\u202eoc@example.com", "characters before the @"),
        ("so c@example.com", "characters before the @"),
        (".soc@example.com", "characters before the @"),
        ("so..c@example.com", "characters before the @"),
        ("a@b@example.com", "characters before the @"),
        ('"quoted name"@example.com', "characters before the @"),
        ("soc@[192.0.2.1]", "no domain name"),
        ("soc@192.0.2.1", "IP address"),
        ("soc@example.com.", "no domain name"),
        ("soc@-example.com", "no domain name"),
        ("soc@exa_mple.com", "no domain name"),
        ("soc@exam ple.com", "no domain name"),
        ("soc@exa\u0000mple.com", "no domain name"),
        ("soc@\u2028.com", "no domain name"),
        (f"{'a' * 65}@example.com", "more than 64 octets"),
        (f"{'é' * 33}@example.com", "more than 64 octets"),
        (f"a@{'b' * 64}.com", "no domain name"),
        (f"a@{'b.' * 126}com", "longer than"),
    ],
)
def test_bad_address_is_refused_in_words(given, says):
    """What cannot be an address is refused; the message says why, short, without raw controls."""
    with pytest.raises(ValueError, match=says) as refusal:
        check_address(given)
    assert len(str(refusal.value)) < 200
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("end", ["", "@example.com", "@ä.example"])
def test_huge_input_is_refused_at_once(end):
    """10 MB are no address, and the refusal is short."""
    for given in ("ä" * 10_000_000 + end, f"a@{'ä' * 10_000_000}{end}"):
        with pytest.raises(ValueError, match="…'") as refusal:
            check_address(given)
        assert len(str(refusal.value)) < 200


def test_longest_address_is_taken():
    """An address of exactly 254 octets is taken, one more is not (RFC 5321 section 4.5.3.1)."""
    domain = f"{'b' * 63}.{'c' * 63}.{'d' * 57}.com"
    assert len(check_address(f"{'a' * 64}@{domain}")) == 254
    with pytest.raises(ValueError, match="longer than 254"):
        check_address(f"{'a' * 64}@e{domain}")


def test_domain_alone():
    """A domain is checked by itself too, for HELO names and identities."""
    assert check_domain("Mail.Example.Com") == "mail.example.com"
    with pytest.raises(ValueError, match="no domain name"):
        check_domain("mail..example.com")
