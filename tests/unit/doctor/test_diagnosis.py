"""What is cause and what follows, of what a walk met."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tocsin.doctor.diagnosis import diagnose
from tocsin.doctor.sight import Sight
from tocsin.faults.catalogue import FAULTS
from tocsin.faults.fault import Finding, Seriousness


def sight(code: str, step: str, address: str | None = None, **more) -> Sight:
    return Sight(Finding(code, {}), step, address, **more)


def codes(*sights: Sight, good=()) -> list[str]:
    return [one.finding.code for one in diagnose(sights, good)]


def test_a_wrong_clock_comes_before_what_follows_from_it():
    """Its warning stands above the error that it causes."""
    found = diagnose([sight("tls.expired", "certificate"), sight("clock.skew", "clock")])
    assert [one.finding.code for one in found] == ["clock.skew", "tls.expired"]
    assert [one.consequence_of for one in found] == [None, "clock.skew"]


def test_the_form_of_the_password_explains_its_refusal():
    """A secret access key entered as the password is the cause; 535 follows."""
    found = diagnose(
        [
            sight("auth.rejected", "auth"),
            sight("auth.secret-not-smtp-password", "credentials"),
            sight("tls.expiring", "certificate"),
        ]
    )
    assert [one.finding.code for one in found] == [
        "auth.secret-not-smtp-password",
        "auth.rejected",
        "tls.expiring",
    ]


def test_one_address_beside_a_working_one_is_a_warning():
    """Mail goes, so the path is not broken; without a working one it is."""
    refused = sight("tcp.refused", "tcp", "192.0.2.1")
    (alone,) = diagnose([refused])
    (beside,) = diagnose([refused], good={"192.0.2.2"})
    assert alone.severity is Seriousness.ERROR
    assert beside.severity is Seriousness.WARNING


def test_the_same_fault_at_two_addresses_is_one_finding():
    """Both addresses are named."""
    (one,) = diagnose(
        [
            sight("tls.expired", "certificate", "192.0.2.1"),
            sight("tls.expired", "certificate", "::1"),
        ]
    )
    assert one.evidence["addresses"] == ["192.0.2.1", "::1"]


def test_earlier_steps_come_first():
    """Of independent faults the one that is met first."""
    assert codes(
        sight("smtp.recipient-refused", "rcpt"),
        sight("tls.name-mismatch", "certificate"),
        sight("smtp.greeting-refused", "greeting"),
    ) == ["smtp.greeting-refused", "tls.name-mismatch", "smtp.recipient-refused"]


_STEPS = ("dns", "tcp", "greeting", "tls", "certificate", "auth", "mail", "spf")


@given(
    st.lists(
        st.builds(
            sight,
            st.sampled_from(sorted(FAULTS)),
            st.sampled_from(_STEPS),
            st.sampled_from((None, "192.0.2.1", "192.0.2.2")),
        ),
        max_size=8,
    ),
    st.sets(st.sampled_from(("192.0.2.1", "192.0.2.2"))),
)
def test_whatever_was_met(sights, good):
    """Each code once, errors before the rest but for causes, causes among the findings."""
    found = diagnose(sights, good)
    assert sorted(one.finding.code for one in found) == sorted({one.finding.code for one in sights})
    names = {one.finding.code for one in found}
    assert all(one.consequence_of is None or one.consequence_of in names for one in found)
    if any(one.severity is Seriousness.ERROR for one in found):
        first = found[0]
        caused = [one for one in found if one.consequence_of == first.finding.code]
        assert Seriousness.ERROR in {first.severity, *(one.severity for one in caused)}
