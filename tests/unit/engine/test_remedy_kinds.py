"""What each kind of remedy makes of a configuration: pure, without a store."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

import chains
from documents import applied
from tocsin.base.clock import now
from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.central.problem import Invalid
from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.engine.remedies import dhe, password
from tocsin.engine.remedies.plan import Case, Moot, Plan
from tocsin.engine.remedies.registry import KINDS
from tocsin.engine.remedies.undoing import undoing
from tocsin.ses.password import derive
from tocsin.trust.ciphercheck import check_policy
from tocsin.trust.policy import PRESETS

IAM = "0123456789abcdefghij0123456789abcdefghij"
ROOT = chains.make("Example Root CA 9", ca=True, ends=4000)
SMTP = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "tocsin@example.com",
    "user": "somebody",
    "password": Secret(IAM),
}
SECOND = {**SMTP, "name": "second", "server": "second.example.com", "from": None, "after_s": 60}


def configured(**parts: Any) -> Configuration:
    """A configuration of two relays, and these parts."""
    return applied({"smtp": SMTP, "relays": [SECOND], **parts})


def remedy(kind: RemedyKind, *, asks: tuple[str, ...] = (), **facts: str) -> Remedy:
    """A remedy with these facts."""
    return Remedy(kind, "unknown", facts, asks)


def planned(
    one: Remedy,
    configuration: Configuration | None = None,
    *,
    relay: str | None = "smtp",
    **given: str,
) -> Plan:
    """What it comes to."""
    case = Case(configuration or configured(), relay, one, given, now())
    return KINDS[one.kind].plan(case)


def changed(plan: Plan, before: Configuration) -> Configuration:
    """The configuration with the plan applied."""
    return applied(plan.parts, before)


def anchor(made: chains.Made, **facts: str) -> Remedy:
    """Trust that certificate."""
    known = {"name": "", "sha256": made.sha256, "pem": made.pem.decode()}
    return remedy(RemedyKind.ADD_ANCHOR, **{**known, **facts})


EDITS = [
    (remedy(RemedyKind.CHANGE_MODE, port="465", encryption="smtps"), {"port": 465}),
    (remedy(RemedyKind.CHANGE_SERVER, server="other.example.com"), {"server": "other.example.com"}),
    (remedy(RemedyKind.SET_SENDER, sender="a@example.org"), {"sender": "a@example.org"}),
    (remedy(RemedyKind.SET_SIGN_IN, sign_in="login"), {"sign_in": "login"}),
    (remedy(RemedyKind.LOWER_RATE, max_send_rate="2.5"), {"max_send_rate": 2.5}),
    (
        remedy(RemedyKind.DERIVE_PASSWORD, region="eu-west-1"),
        {"password": derive(Secret(IAM), "eu-west-1")},
    ),
]


@pytest.mark.parametrize("relay", ["smtp", "second"])
@pytest.mark.parametrize(("one", "fields"), EDITS, ids=[one.kind.value for one, _ in EDITS])
def test_the_relay_that_was_walked_to_is_edited_and_no_other(one, fields, relay: str):
    """Every other field of every relay stays, passwords too, and undoing gives it all back."""
    before = configured()
    after = changed(planned(one, before, relay=relay), before)
    for was, is_ in zip(before.every_relay, after.every_relay, strict=True):
        if was.name == relay:
            for name, value in fields.items():
                assert getattr(is_, name) == value
            expected = {**fields, "encryption": is_.encryption}
            assert is_ == was.model_copy(update=expected)
        else:
            assert is_ == was
    assert applied(undoing(before, after, after), after) == before


@pytest.mark.parametrize(("one", "_fields"), EDITS, ids=[one.kind.value for one, _ in EDITS])
def test_a_server_that_was_entered_has_no_relay_to_edit(one, _fields):
    """Nor has one whose relay was removed since, nor the rehearsal relay."""
    for relay in (None, "gone", "rehearsal"):
        with pytest.raises(Moot):
            planned(one, relay=relay)


@pytest.mark.parametrize(("one", "_fields"), EDITS, ids=[one.kind.value for one, _ in EDITS])
def test_what_is_so_already_is_not_offered_again(one, _fields):
    """A second time there is nothing to do."""
    before = configured()
    after = changed(planned(one, before), before)
    if one.kind is RemedyKind.DERIVE_PASSWORD:
        assert planned(one, after).asks == ("secret",)  # the configured one is none any more
        return
    with pytest.raises(Moot):
        planned(one, after)


def test_a_relay_that_moved_since_is_not_edited_by_what_was_seen_elsewhere():
    """The facts of a walk are those of the server that it went to."""
    one = remedy(RemedyKind.CHANGE_MODE, port="465", encryption="smtps")
    case = Case(configured(), "smtp", one, {}, now(), "old.example.com", 587)
    with pytest.raises(Moot, match="let the doctor walk again"):
        KINDS[one.kind].plan(case)


def test_an_anchor_goes_beside_those_that_there_are():
    """It gets a free name, and its origin tells of the doctor; undoing takes it out alone."""
    before = configured(trust=[{"name": "Example Root CA 9", "file": "root.pem"}])
    plan = planned(anchor(ROOT), before)
    assert plan.asks == ("sha256",)
    after = changed(plan, before)
    assert [one.name for one in after.trust] == [
        "Example Root CA 9",
        f"Example Root CA 9 ({ROOT.sha256[:8]})",
    ]
    assert after.trust[1].origin == "doctor"
    assert after.trust[1].added_by == "tester"
    with pytest.raises(Moot, match="has this certificate"):
        planned(anchor(ROOT), after)
    assert applied(undoing(before, after, after), after) == before


@pytest.mark.parametrize("form", [str, str.upper, lambda text: text.upper()[:2] + ":" + text[2:]])
def test_the_fingerprint_confirms_however_it_is_written(form):
    """With colons and in capitals, as other programs print it."""
    assert planned(anchor(ROOT), sha256=form(ROOT.sha256)).asks == ()


@pytest.mark.parametrize("text", ["", "yes", "00" * 32, "cut"])
def test_anything_else_confirms_no_certificate(text: str):
    """Another fingerprint, or none, leaves it to be confirmed."""
    given = ROOT.sha256[:-1] if text == "cut" else text
    assert planned(anchor(ROOT), sha256=given).asks == ("sha256",)


def test_a_certificate_of_a_server_is_trusted_only_knowingly():
    """It warns, and wants the second confirmation; a weak key is never trusted."""
    own = chains.make("relay.example.com")
    plan = planned(anchor(own), sha256=own.sha256)
    assert plan.asks == ("knowingly",)
    assert [str(one) for one in plan.warnings if "server" in str(one)]
    assert planned(anchor(own), sha256=own.sha256, knowingly=own.sha256).asks == ()
    with pytest.raises(Moot, match="too weak"):
        planned(anchor(chains.make("Weak Root CA", ca=True, kind="rsa-1024")))


@pytest.mark.parametrize(
    "facts",
    [{"pem": ""}, {"pem": "-----BEGIN"}, {"sha256": "ab" * 32}, {"pem": ROOT.key_pem().decode()}],
)
def test_facts_that_do_not_belong_together_add_nothing(facts: dict[str, str]):
    """The certificate is the one of the fingerprint, or none."""
    with pytest.raises(Moot):
        planned(anchor(ROOT, **facts))


@pytest.mark.parametrize("preset", PRESETS)
def test_no_policy_offers_dhe_afterwards(preset: str):
    """Each preset with DHE loses it and nothing else; the others have nothing to lose."""
    before = configured(ciphers={"preset": preset})
    present = check_policy(before.ciphers.policy)
    if not present.weak_exchange:
        with pytest.raises(Moot):
            planned(remedy(RemedyKind.DROP_DHE), before)
        return
    after = changed(planned(remedy(RemedyKind.DROP_DHE), before), before)
    assert check_policy(after.ciphers.policy).offered == tuple(
        one for one in present.offered if one not in present.weak_exchange
    )


@pytest.mark.parametrize(
    ("ciphers", "expected"),
    [
        (PRESETS["mozilla-intermediate"].ciphers, {"preset": "tocsin"}),
        ("DHE-RSA-AES128-GCM-SHA256", {"preset": "tocsin"}),
        ("EDH:ECDHE+AESGCM:!aNULL", {"list": "ECDHE+AESGCM:!aNULL"}),
        ("DHE+AESGCM:AESGCM:!DHE+AESGCM:@STRENGTH", None),
        ("kDHE:HIGH:!aNULL", {"list": "HIGH:!aNULL:!DHE:!EDH"}),
        ("ECDHE+AESGCM:kEDH+AESGCM:!eNULL", {"list": "ECDHE+AESGCM:!eNULL"}),
    ],
)
def test_a_list_loses_its_dhe(ciphers: str, expected: dict[str, str] | None):
    """By its names where it names them, else by an exclusion at its end."""
    before = configured(ciphers={"list": ciphers})
    if expected is None:
        assert check_policy(before.ciphers.policy).weak_exchange == ()
        return
    assert dhe.without_dhe(before.ciphers) == expected


_ENTRIES = st.one_of(
    st.sampled_from(["DHE", "EDH", "kDHE", "DHE+AESGCM", "DHE-RSA-AES128-GCM-SHA256"]),
    st.sampled_from(["ECDHE", "ECDHE+AESGCM", "ECDHE-RSA-AES128-GCM-SHA256"]),
    st.sampled_from(["AESGCM", "HIGH", "AES", "@STRENGTH"]),
    st.sampled_from(["!aNULL", "!eNULL", "!PSK", "!SRP", "!aDSS"]),
)


@examples(st.lists(_ENTRIES, min_size=1, max_size=8), st.sampled_from(["1.2", "1.3"]))
def test_whatever_the_list_nothing_but_dhe_is_lost(entries: list[str], minimum: str):
    """The result is a policy that can be put in force, without DHE."""
    try:
        before = configured(ciphers={"list": ":".join(entries), "minimum": minimum})
    except Invalid:  # no policy to begin with
        return
    present = check_policy(before.ciphers.policy)
    if not present.weak_exchange:
        return
    after = changed(planned(remedy(RemedyKind.DROP_DHE), before), before).ciphers
    found = check_policy(after.policy)
    assert not found.weak_exchange
    kept = set(present.ordered) - set(present.weak_exchange)
    assert set(found.ordered) == kept or (not kept and after.preset == "tocsin")


def test_a_sender_that_is_not_known_is_asked_for():
    """Entered it stands before the one that the walk found; hostile ones are refused whole."""
    one = remedy(RemedyKind.SET_SENDER, asks=("sender",))
    before = configured()
    plan = planned(one, before)
    assert (plan.asks, plan.parts) == (("sender",), {})
    after = changed(planned(one, before, sender=" new@example.org "), before)
    assert after.smtp is not None
    assert after.smtp.sender == "new@example.org"
    assert planned(one, before, sender="new@example.org").warnings[0].facts == {"count": "1"}
    for hostile in ("a@x>\r\nRCPT TO:<b@example.com", "none", "a@b\0.example", "@", "a" * 400):
        with pytest.raises(Invalid, match="smtp"):
            changed(planned(one, before, sender=hostile), before)


def test_identities_that_the_account_told_are_the_choice():
    """They stand in the sentence; an address that none of them covers is warned of."""
    one = remedy(RemedyKind.SET_SENDER, asks=("sender",), identities="soc@example.org, b.example")
    before = configured()
    assert "soc@example.org, b.example" in str(planned(one, before).says)
    for sender in ("soc@example.org", "alarms@sub.b.example"):
        assert [str(each) for each in planned(one, before, sender=sender).warnings] == [
            "1 further relays without a From Email of their own send from it too."
        ]
    told = planned(one, before, sender="other@example.org").warnings
    assert told[-1].facts == {
        "sender": "other@example.org", "identities": "soc@example.org, b.example"
    }  # fmt: skip


def test_a_rate_is_only_ever_lowered():
    """A limit that is lower stays; what is no number is no rate."""
    before = configured(smtp={**SMTP, "max_send_rate": 5})
    assert (
        changed(planned(remedy(RemedyKind.LOWER_RATE, max_send_rate="1"), before), before)
        .every_relay[0]
        .max_send_rate
        == 1
    )
    for text in ("5", "14", "fast"):
        with pytest.raises(Moot):
            planned(remedy(RemedyKind.LOWER_RATE, max_send_rate=text), before)
    for text in ("0", "-1", "nan"):
        with pytest.raises(Invalid, match="max_send_rate"):
            changed(planned(remedy(RemedyKind.LOWER_RATE, max_send_rate=text), before), before)


def test_a_secret_that_is_entered_is_used_and_dropped():
    """No part of the plan shows it; what has not its form is refused without repeating it."""
    one = remedy(RemedyKind.DERIVE_PASSWORD, asks=("secret",), region="us-east-1")
    plan = planned(one)
    assert plan.asks == ("secret",)
    assert [str(each) for each in plan.foreseen] == ["smtp.password: set → another"]
    other = "ABCDEFGHIJ" * 4
    plan = planned(one, secret=other)
    assert plan.parts["smtp"]["password"] == derive(Secret(other), "us-east-1")
    assert other not in repr(plan)
    assert IAM not in repr(plan)
    with pytest.raises(Moot) as refusal:
        planned(one, secret="not a key at all")
    assert "not a key" not in str(refusal.value)
    with pytest.raises(Moot, match="region"):
        planned(remedy(RemedyKind.DERIVE_PASSWORD, region="Ireland/../x"))


@pytest.mark.parametrize(
    ("entered", "meant"),
    [
        (" p4ss ", "p4ss"),
        ("\u00a0p4ss\u200b", "p4ss"),
        ('"p4ss"', "p4ss"),
        (" 'p4ss ' ", "p4ss"),
        ("\u201cp4ss\u201d", "p4ss"),
        ("BM%2Bx%2F", "BM+x/"),
        ("p4 ss", "p4 ss"),
        ('p"ss', 'p"ss'),
        ("100%", "100%"),
        ('"', '"'),
    ],
)
def test_what_stands_around_a_password_is_taken_off(entered: str, meant: str):
    """Blanks and quotes at its ends and URL encoding, and nothing inside."""
    assert password.trimmed(Secret(entered)) == Secret(meant)


def test_a_trimmed_password_is_not_shown():
    """Only how long it was and is."""
    before = configured(smtp={**SMTP, "password": Secret(f" {IAM} ")})
    plan = planned(remedy(RemedyKind.TRIM_PASSWORD), before)
    assert plan.says.facts == {"relay": "smtp", "before": "42", "after": "40"}
    assert IAM not in repr(plan)
    assert changed(plan, before) == configured()
    with pytest.raises(Moot):
        planned(remedy(RemedyKind.TRIM_PASSWORD))


@examples(st.text(max_size=30))
def test_trimming_twice_is_trimming_once_without_encoding(text: str):
    """Nothing is left around a password afterwards."""
    once = password.trimmed(Secret(text))
    if once is not None and "%" not in text:
        assert password.trimmed(once) == once


def test_facts_that_are_missing_make_no_change():
    """A remedy without what it needs is not carried out halfway."""
    for kind in (RemedyKind.CHANGE_MODE, RemedyKind.CHANGE_SERVER, RemedyKind.SET_SIGN_IN):
        with pytest.raises(Moot, match="did not find out"):
            planned(remedy(kind))


@pytest.mark.parametrize(("port", "encryption"), [("0", "smtps"), ("x", "smtps"), ("25", "tls")])
def test_a_mode_that_cannot_be_is_refused_by_the_document(port: str, encryption: str):
    """The same check as for everybody else's changes."""
    one = remedy(RemedyKind.CHANGE_MODE, port=port, encryption=encryption)
    with pytest.raises(Invalid, match=r"smtp\.(port|encryption)"):
        changed(planned(one), configured())


def test_without_encryption_it_warns():
    """And a relay with a password is refused that."""
    one = remedy(RemedyKind.CHANGE_MODE, port="25", encryption="none")
    plan = planned(one)
    assert "read and altered" in str(plan.warnings[0])
    with pytest.raises(Invalid, match="in the clear"):
        changed(plan, configured())
