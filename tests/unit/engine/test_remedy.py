"""Remedies on a store: who may, for which version, what is noted, and the way back."""

from __future__ import annotations

import json
from typing import Any

import pytest

import chains
from manager import free_port
from tocsin.base.clock import now
from tocsin.base.ids import uuid7
from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid
from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.domain.principal import NotPermitted, Permission, Principal, Role
from tocsin.engine import access, anchors, configuration, deliveries, doctor, remedy
from tocsin.engine.doctorerrand import Asked
from tocsin.engine.errors import Conflict, NotFound, RoleMissing
from tocsin.engine.remedies import sandbox
from tocsin.engine.remedyshape import preview_json
from tocsin.store import models
from walked import Target, walked

ANNA = Principal("anna", Role.ADMINISTRATOR, "page")
RALF = Principal("ralf", Role.RESPONDER, "page")
VERA = Principal("vera", Role.VIEWER, "page")
IAM = "0123456789abcdefghij0123456789abcdefghij"
PORT = free_port()
"""Nothing listens there."""
HERE = Target(host="127.0.0.1", port=PORT)
ROOT = chains.make("Example Root CA 9", ca=True, ends=4000)
SMTP: dict[str, Any] = {
    "server": "127.0.0.1",
    "port": PORT,
    "encryption": "starttls",
    "from": "tocsin@example.com",
    "user": "somebody",
    "password": Secret(IAM),
}
SENDER = Remedy(RemedyKind.SET_SENDER, "ses.identity-not-verified", {"sender": "a@example.org"})
ANCHOR = Remedy(
    RemedyKind.ADD_ANCHOR,
    "tls.untrusted-issuer",
    {"name": "", "sha256": ROOT.sha256, "subject": "", "pem": ROOT.pem.decode()},
)
DERIVE = Remedy(
    RemedyKind.DERIVE_PASSWORD, "auth.secret-not-smtp-password", {"region": "eu-west-1"}
)
DHE = Remedy(RemedyKind.DROP_DHE, "tls.dh-too-small")
RATE = Remedy(RemedyKind.LOWER_RATE, "ses.rate-exceeded", {"max_send_rate": "2"})
AWAIT = Remedy(RemedyKind.AWAIT_PRODUCTION, "ses.sandbox-recipient")
TRY = Remedy(RemedyKind.TRY_NOW, "tcp.refused")
EVERY = (SENDER, ANCHOR, DERIVE, DHE, RATE)


@pytest.fixture(autouse=True)
def again(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What the doctor is asked to walk afterwards; the walks themselves are in tests/real."""
    found: list[Asked] = []

    def start(principal: Principal, asked: Asked) -> str:
        assert principal.may(Permission.TEST_ACTIONS)
        found.append(asked)
        return walked(target=HERE)

    monkeypatch.setattr(doctor, "start", start)
    return found


@pytest.fixture(autouse=True)
def _configured() -> None:
    configuration.change(
        access.LOCAL, {"smtp": SMTP, "relays": [], "ciphers": {"preset": "with-dhe"}}
    )


def carried_out(run: str, index: int = 0, *, by: Principal = ANNA, **given: str) -> remedy.Done:
    """Looked at and confirmed."""
    shown = remedy.preview(by, run, index, given)
    return remedy.carry_out(by, run, index, given, seen_version=shown.version)


def test_only_what_would_do_something_is_offered():
    """In the order of the walk, with its place there; what has become moot is left out."""
    run = walked(*EVERY, AWAIT, TRY, target=HERE)
    offers = remedy.offers(VERA, run)
    assert [one.index for one in offers] == [0, 1, 2, 3, 4]  # nothing is held, nothing paused
    assert [one.permitted for one in offers] == [False] * 5
    assert all(one.permitted for one in remedy.offers(ANNA, run))
    carried_out(run, 4)
    assert [one.kind for one in remedy.offers(ANNA, run)] == [one.kind for one in EVERY[:4]]


def test_of_a_server_that_was_entered_only_what_is_shared_is_offered():
    """No relay is edited by what was seen elsewhere."""
    run = walked(*EVERY, AWAIT, TRY, target=Target(relay=None, host="127.0.0.1", port=PORT))
    assert {one.kind for one in remedy.offers(ANNA, run)} == {
        RemedyKind.ADD_ANCHOR,
        RemedyKind.DROP_DHE,
    }


@pytest.mark.parametrize("index", range(len(EVERY)))
def test_looking_changes_nothing_and_shows_no_secret(index: int):
    """Whatever the kind: the version stays, and the password is nowhere."""
    before = configuration.current()
    shown = remedy.preview(ANNA, walked(*EVERY, target=HERE), index, {})
    assert shown.differences
    assert shown.version == before.number == configuration.current_number()
    assert IAM not in json.dumps(preview_json(shown))
    assert IAM not in repr(shown)


@pytest.mark.parametrize("index", range(len(EVERY)))
def test_each_is_one_version_with_a_note_and_is_undone_exactly(index: int, again: list[Asked]):
    """The history says what was done and by whom; undone, the document is the one before."""
    before = configuration.current().configuration
    run = walked(*EVERY, target=HERE)
    done = carried_out(run, index, sha256=ROOT.sha256)
    assert done.version == 2
    latest, _ = configuration.history(ANNA)
    assert latest.actor == "anna"
    assert latest.summary[0] == f"Doctor: {done.what} after walk {run}"
    assert len(latest.summary) > 1
    assert latest.configuration != before
    assert again == [Asked(relay="smtp")]
    back = remedy.undo(ANNA, 2)
    assert configuration.current().configuration == before
    assert configuration.current_number() == back.version == 3
    assert configuration.history(ANNA)[0].summary[0].startswith("Doctor, undone: ")
    assert len(again) == 2
    rows = models.ConfigurationVersion.objects.all()
    assert not [row for row in rows if IAM in row.document + row.summary]


def test_a_password_comes_back_although_another_was_derived_from_it():
    """The row of the old secret is not lost with the version that stopped using it."""
    carried_out(walked(DERIVE, target=HERE))
    assert configuration.current().configuration.smtp.password != Secret(IAM)
    remedy.undo(ANNA, 2)
    assert configuration.current().configuration.smtp.password == Secret(IAM)


def test_what_others_changed_since_stays_when_it_is_undone():
    """Only what the remedy changed is taken back, of the same relay too."""
    carried_out(walked(SENDER, target=HERE))
    configuration.change(
        ANNA,
        {
            "smtp": {**SMTP, "from": "a@example.org", "idle_s": 20},
            "trust": [{"name": "another", "pem": ROOT.pem.decode()}],
        },
    )
    remedy.undo(ANNA, 2)
    found = configuration.current().configuration
    assert (found.smtp.sender, found.smtp.idle_s) == ("tocsin@example.com", 20)
    assert [one.name for one in found.trust] == ["another"]


def test_what_was_changed_again_since_is_not_undone():
    """It says what, and changes nothing; the second time it is undone already."""
    run = walked(SENDER, ANCHOR, DHE, target=HERE)
    for index in range(3):
        carried_out(run, index, sha256=ROOT.sha256)
    configuration.change(ANNA, {"smtp": {**SMTP, "from": "third@example.org"}})
    anchors.remove_anchor(ANNA, ROOT.parsed.title)
    configuration.change(ANNA, {"ciphers": {"preset": "guide"}})
    at = configuration.current_number()
    for version, what in ((2, "from of the relay smtp"), (3, "certificate"), (4, "cipher policy")):
        with pytest.raises(Conflict, match=what):
            remedy.undo(ANNA, version)
    assert configuration.current_number() == at


def test_only_a_remedy_is_undone_this_way():
    """A version of somebody's own is not, nor one that there is not, nor an undoing."""
    carried_out(walked(SENDER, target=HERE))
    remedy.undo(ANNA, 2)
    for version in (1, 2, 3):
        with pytest.raises(Conflict):
            remedy.undo(ANNA, version)
    for version in (0, 9, -1):
        with pytest.raises((Conflict, NotFound)):
            remedy.undo(ANNA, version)


def test_a_summary_that_only_looks_like_a_note_is_none():
    """What people write stands behind the name of a part."""
    text = f"Doctor: did it after walk {uuid7()}"
    configuration.change(
        ANNA, {"actions": [{"name": text, "kind": "email", "to": ["a@b.example"]}]}
    )
    with pytest.raises(Conflict, match="not made by a remedy"):
        remedy.undo(ANNA, configuration.current_number())


def test_it_is_carried_out_for_the_version_that_was_looked_at():
    """Somebody changed something meanwhile: it is looked at again first."""
    run = walked(SENDER, target=HERE)
    shown = remedy.preview(ANNA, run, 0, {})
    configuration.change(ANNA, {"outbox": {"keep_trying_h": 12}})
    with pytest.raises(Conflict, match="look at it again"):
        remedy.carry_out(ANNA, run, 0, {}, seen_version=shown.version)
    assert configuration.current_number() == 2
    assert carried_out(run).version == 3


def test_a_fingerprint_that_was_not_confirmed_trusts_nothing():
    """Nor does another one."""
    run = walked(ANCHOR, target=HERE)
    for given in ({}, {"sha256": "00" * 32}, {"knowingly": ROOT.sha256}):
        with pytest.raises(Conflict, match="sha256"):
            remedy.carry_out(ANNA, run, 0, given, seen_version=1)
    assert configuration.current().configuration.trust == ()


def test_what_is_entered_is_checked_like_every_other_change():
    """A hostile sender makes no version and no half of one."""
    run = walked(Remedy(RemedyKind.SET_SENDER, "unknown", {}, ("sender",)), target=HERE)
    for hostile in ("a@b.example>\r\nRCPT TO:<x@example.com", "nobody", "a" * 500 + "@example.com"):
        for call in (
            lambda given: remedy.preview(ANNA, run, 0, given),
            lambda given: remedy.carry_out(ANNA, run, 0, given, seen_version=1),
        ):
            with pytest.raises(Invalid):
                call({"sender": hostile})
    with pytest.raises(Conflict, match="sender"):
        remedy.carry_out(ANNA, run, 0, {}, seen_version=1)
    assert configuration.current_number() == 1


@pytest.mark.parametrize("who", [RALF, VERA])
@pytest.mark.parametrize("index", range(len(EVERY)))
def test_the_configuration_is_an_administrators(who: Principal, index: int):
    """Neither looked at nor carried out nor undone by anybody below."""
    run = walked(*EVERY, target=HERE)
    with pytest.raises(NotPermitted):
        remedy.preview(who, run, index, {})
    with pytest.raises(NotPermitted):
        remedy.carry_out(who, run, index, {"sha256": ROOT.sha256}, seen_version=1)
    with pytest.raises(NotPermitted):
        remedy.undo(who, 1)
    assert configuration.current_number() == 1


def test_there_is_no_remedy_of_another_number_or_walk():
    """Whatever stands in the address."""
    run = walked(SENDER, target=HERE)
    for id_, index in ((run, 1), (run, -1), (uuid7(), 0), ("../" + run, 0)):
        with pytest.raises(NotFound):
            remedy.preview(ANNA, id_, index, {})


def test_the_same_is_walked_again(again: list[Asked]):
    """A sender that was the relay's own is what it is now; another one stays."""
    carried_out(walked(SENDER, target=Target(host="127.0.0.1", port=PORT, send=True)))
    assert again.pop() == Asked(relay="smtp", send=True)
    carried_out(walked(RATE, target=Target(host="127.0.0.1", port=PORT, sender="x@example.org")))
    assert again.pop() == Asked(relay="smtp", sender="x@example.org")
    other = Target(None, "127.0.0.1", PORT, "smtps", None)
    carried_out(walked(DHE, target=other))
    assert again.pop() == Asked(host="127.0.0.1", port=PORT, encryption="smtps")


def test_what_was_done_stays_done_when_no_walk_can_begin(monkeypatch: pytest.MonkeyPatch):
    """It says why there is none."""

    def refuse(_principal: Principal, _asked: Asked) -> str:
        raise Conflict("3 walks are under way; ask again when one is over")

    monkeypatch.setattr(doctor, "start", refuse)
    done = carried_out(walked(SENDER, target=HERE))
    assert (done.version, done.run) == (2, None)
    assert "under way" in done.unwalked


def test_the_walk_after_a_remedy_knows_what_can_be_undone():
    """Until it is undone, or the next version is made."""
    run = walked(SENDER, target=HERE)
    assert remedy.undoable(doctor.find_run(ANNA, run)) is None
    done = carried_out(run)
    after = doctor.find_run(ANNA, done.run or "")
    note = remedy.undoable(after)
    assert note is not None
    assert (note.version, note.actor, note.run) == (2, "anna", run)
    assert remedy.undoable(doctor.find_run(ANNA, run)) is None
    remedy.undo(ANNA, 2)
    assert remedy.undoable(after) is None


def test_the_policy_is_asked_of_each_relay_before_it_changes():
    """Here none answers, and it says so."""
    shown = remedy.preview(ANNA, walked(DHE, target=HERE), 0, {})
    assert [(one.outcome, one.code) for one in shown.effects] == [("unreached", "tcp.refused")]
    assert not remedy.preview(ANNA, walked(SENDER, target=HERE), 0, {}).effects


def delivery(state: str, *addresses: str, code: str | None = None, refused: bool = False) -> str:
    """A delivery to these; gives its id."""
    id_ = uuid7()
    recipients = [
        {
            "address": one,
            "state": "refused" if refused else "pending",
            "reply": "554 Message rejected" if refused else None,
            "receipt": "none",
        }
        for one in addresses
    ]
    models.Delivery.objects.create(
        id=id_,
        action="Mail the SOC",
        kind="email",
        configuration=1,
        state=state,
        severity=4,
        message_id=f"<{id_}@example.com>",
        recipients=json.dumps(recipients),
        queued_at=now(),
        not_before=now(),
        expires_at=now(),
        attempts=1,
        maybe_twice=False,
        code=code,
        finished_at=now() if state == "failed" else None,
    )
    return id_


def test_what_the_sandbox_refuses_is_held_and_goes_out_when_it_is_released():
    """Failed ones, and those that wait for the same people; nobody else's."""
    failed = delivery("failed", "b@example.org", code=sandbox.CODE, refused=True)
    waiting = delivery("retrying", "b@example.org")
    others = delivery("queued", "b@example.org", "c@example.com")
    bounced = delivery("failed", "b@example.org", code="smtp.recipient-refused", refused=True)
    run = walked(AWAIT, target=HERE)
    (offer,) = remedy.offers(RALF, run)
    assert offer.says.facts == {"failed": "1", "waiting": "1"}
    done = carried_out(run, by=RALF)
    assert done.version is None
    assert done.run is not None
    views = {one: deliveries.get_delivery(VERA, one) for one in (failed, waiting, others, bounced)}
    assert [one.state for one in views.values()] == ["held", "held", "queued", "failed"]
    assert views[failed].held_by == "ralf, until the SES sandbox is left"
    assert sandbox.held() == sorted([failed, waiting])
    assert remedy.offers(RALF, run) == []
    with pytest.raises(NotPermitted):
        sandbox.release(VERA)
    assert sandbox.release(RALF) == 2
    (recipient,) = deliveries.get_delivery(VERA, failed).recipients
    assert (recipient.state, recipient.reply) == ("pending", None)
    assert deliveries.get_delivery(VERA, failed).state == "queued"
    assert sandbox.release(RALF) == 0


def test_what_somebody_holds_for_a_reason_of_their_own_is_not_released():
    """A person who only bears such a name is not taken for the sandbox."""
    delivery("failed", "b@example.org", code=sandbox.CODE, refused=True)
    models.Delivery.objects.filter(id=delivery("held", "b@example.org")).update(
        hold="person", held_by="somebody"
    )
    carried_out(walked(AWAIT, target=HERE), by=RALF)
    assert sandbox.release(RALF) == 1
    assert models.Delivery.objects.get(state="held").held_by == "somebody"


def test_a_paused_relay_is_looked_at_again_by_whoever_runs():
    """Offered while it is paused alone; without a responder nobody could look."""
    run = walked(TRY, target=HERE)
    assert remedy.offers(RALF, run) == []
    with pytest.raises(Conflict, match="not paused"):
        remedy.preview(RALF, run, 0, {})
    models.RelayState.objects.create(
        name="smtp", paused_at=now(), code="tcp.refused", facts="{}", failures=3, probe_at=now()
    )
    (offer,) = remedy.offers(RALF, run)
    assert offer.permitted
    with pytest.raises(RoleMissing):
        carried_out(run, by=RALF)
