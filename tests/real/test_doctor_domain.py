"""The sender's domain, asked of a real name server on loopback."""

from __future__ import annotations

import pytest

from nameserver import serving
from tocsin.doctor.diary import Diary
from tocsin.doctor.domain import SenderDomain, is_looked_up
from tocsin.doctor.zone import Zone

DOMAIN = "alerts.tocsin-test.net"
GOOD = {
    DOMAIN: {
        "TXT": ('"v=spf1 include:_spf.tocsin-test.net ~all"', '"something else"'),
        "MX": ("10 mx.tocsin-test.net.",),
    },
    "_spf.tocsin-test.net": {"TXT": ('"v=spf1 ip4:192.0.2.0/24 -all"',)},
    "_dmarc.tocsin-test.net": {"TXT": ('"v=DMARC1; p=reject"',)},
    f"_mta-sts.{DOMAIN}": {"TXT": ('"v=STSv1; id=20261124"',)},
}


async def looked_at(zone, *, ses: bool = False, seconds: float = 5.0):
    """The codes that a look comes to, and the steps by name."""
    diary = Diary()
    with serving(zone) as server:
        domain = SenderDomain(DOMAIN, Zone((server.address,), seconds), diary, ses=ses)
        await domain.look()
    return {one.finding.code for one in domain.sights}, {one.name: one for one in diary.steps}


async def test_a_good_domain():
    """Nothing is found, and what was read is told."""
    codes, steps = await looked_at(GOOD)
    assert codes == set()
    assert steps["spf"].ok
    assert "include:_spf.tocsin-test.net" in steps["spf"].answered
    assert steps["dmarc"].ok
    assert steps["mta-sts"].ok
    assert steps["mx"].ok
    assert steps["dkim"].ok is None


async def test_a_domain_that_does_not_exist():
    """One finding says so."""
    codes, _ = await looked_at({"tocsin-test.net": {"A": ("192.0.2.1",)}})
    assert "sender.domain-not-found" in codes
    assert "sender.no-return-path" not in codes


BARE = {DOMAIN: {"A": ("192.0.2.1",)}}


@pytest.mark.parametrize(
    ("zone", "code"),
    [
        ({**BARE}, "sender.spf-missing"),
        ({**BARE}, "sender.dmarc-missing"),
        ({DOMAIN: {"TXT": ('"v=spf1 inculde:x.net -all"',)}}, "sender.spf-invalid"),
        ({DOMAIN: {"TXT": ('"v=spf1 -all"', '"v=spf1 ~all"')}}, "sender.spf-invalid"),
        ({DOMAIN: {"TXT": ('"v=spf1 include:none.tocsin-test.net -all"',)}}, "sender.spf-invalid"),
        (
            {
                DOMAIN: {"TXT": ('"v=spf1 include:s0.tocsin-test.net -all"',)},
                **{
                    f"s{at}.tocsin-test.net": {
                        "TXT": (f'"v=spf1 include:s{at + 1}.tocsin-test.net -all"',)
                    }
                    for at in range(12)
                },
            },
            "sender.spf-invalid",
        ),
        ({**BARE, f"_dmarc.{DOMAIN}": {"TXT": ('"v=DMARC1; p=never"',)}}, "sender.dmarc-invalid"),
        ({**BARE, f"_dmarc.{DOMAIN}": {"TXT": ('"p=none; v=DMARC1"',)}}, "sender.dmarc-invalid"),
        ({DOMAIN: {"TXT": ('"v=spf1 -all"',)}}, "sender.no-return-path"),
        ({DOMAIN: {"MX": ("0 .",)}}, "sender.no-return-path"),
    ],
)
async def test_what_is_wrong_has_its_code(zone, code):
    """Each mistake is found by its own code."""
    codes, _ = await looked_at(zone)
    assert code in codes


async def test_a_loop_of_includes_ends():
    """Records that take in each other are read once."""
    zone = {
        DOMAIN: {"TXT": ('"v=spf1 include:other.tocsin-test.net -all"',)},
        "other.tocsin-test.net": {"TXT": (f'"v=spf1 include:{DOMAIN} -all"',)},
    }
    codes, _ = await looked_at(zone)
    assert "sender.spf-invalid" not in codes


@pytest.mark.parametrize("trouble", ["servfail", "silent"])
async def test_a_name_server_that_fails_is_no_finding(trouble):
    """Nothing is said of the domain; the steps tell why."""
    zone = dict.fromkeys((DOMAIN, f"_dmarc.{DOMAIN}", f"_mta-sts.{DOMAIN}"), trouble)
    codes, steps = await looked_at(zone, seconds=0.4)
    assert codes == set()
    assert {steps[name].ok for name in ("spf", "dmarc", "mta-sts", "mx")} == {None}
    assert steps["spf"].answered


async def test_ses_brings_an_spf_domain_of_its_own():
    """Without a record mail by SES passes all the same, so it is told as a note."""
    _, steps = await looked_at(BARE, ses=True)
    assert steps["spf"].ok is None


@pytest.mark.parametrize(
    ("domain", "looked"),
    [
        ("tocsin-test.net", True),
        ("example.com", False),
        ("alerts.example.org", False),
        ("localhost", False),
        ("192.0.2.1", False),
        ("[192.0.2.1]", False),
        ("site.internal", False),
    ],
)
def test_names_that_are_nobodys_are_not_asked_about(domain, looked):
    """Reserved names and addresses stay on this machine."""
    assert is_looked_up(domain) is looked
