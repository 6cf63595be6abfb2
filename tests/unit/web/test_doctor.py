"""The doctor's pages: the form, the stations of a walk, findings, the report; and who asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

import walks
from tocsin.base.clock import MINUTE, now
from tocsin.base.secret import Secret
from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.domain.principal import Role
from tocsin.engine import access, doctor
from tocsin.engine.doctorerrand import Asked
from tocsin.engine.doctorrun import SILENT_AFTER, kept_step
from tocsin.faults.fault import Seriousness
from tocsin.store import models
from tocsin.store.queries import doctor as queries
from tocsin.store.queries import operation
from tocsin.web.path import Progress, Station
from tocsin.web.walkedpath import visited, where

HOSTILE = "<script>alert(1)</script>\"'{{ 7*7 }}\u202e"


def progress(id_: str) -> dict[Station, Progress]:
    """How far each station of a walk is, in their order."""
    run = doctor.find_run(access.LOCAL, id_)
    return {one.stop.station: one.stop.progress for one in visited(run)}


def steps(*names: str) -> list[Any]:
    """Steps that are as they should be."""
    return [walks.step(name) for name in names]


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What was asked of the doctor, who begins nothing."""
    asked: list[Asked] = []

    def start(_principal: object, one: Asked) -> str:
        asked.append(one)
        return walks.begin()

    monkeypatch.setattr(doctor, "start", start)
    return asked


# ---------------------------------------------------------------- stations


def test_a_healthy_walk_is_green_and_leaves_out_what_was_not_asked():
    """All stations up to the recipient are passed; nothing was handed over."""
    path = progress(walks.keep())
    assert path.pop(Station.ACCEPTED) is Progress.SKIPPED
    assert set(path.values()) == {Progress.PASSED}


def test_without_encryption_and_sign_in_those_stations_claim_nothing():
    """What the conversation went past is skipped."""
    path = progress(walks.keep(steps("dns", "tcp", "greeting", "ehlo", "mail", "rcpt")))
    skipped = {one for one, how in path.items() if how is Progress.SKIPPED}
    assert skipped == {
        Station.ENCRYPTION, Station.CERTIFICATE, Station.SIGN_IN, Station.ACCEPTED
    }  # fmt: skip


def test_smtps_has_its_own_order():
    """The certificate is verified before the greeting."""
    order = list(progress(walks.keep(steps(*walks.SMTPS), encryption="smtps")))
    assert order.index(Station.CERTIFICATE) < order.index(Station.GREETING)


@pytest.mark.parametrize(
    ("code", "at", "station"),
    [
        ("dns.not-found", "dns", Station.NAME),
        ("tcp.refused", "tcp", Station.CONNECTION),
        ("smtp.not-smtp", "greeting", Station.GREETING),
        ("smtp.starttls-missing", "starttls", Station.ENCRYPTION),
        ("tls.dh-too-small", "tls", Station.ENCRYPTION),
        ("tls.untrusted-issuer", "certificate", Station.CERTIFICATE),
        ("tls.expired", "tls", Station.CERTIFICATE),
        ("clock.skew", "clock", Station.CERTIFICATE),
        ("auth.rejected", "auth", Station.SIGN_IN),
        ("auth.secret-not-smtp-password", "credentials", Station.SIGN_IN),
        ("smtp.sender-refused", "mail", Station.SENDER),
        ("ses.mail-from-domain", "spf", Station.SENDER),
        ("ses.key-inactive", "key", Station.SIGN_IN),
        ("ses.identity-not-verified", "identity", Station.SENDER),
        ("ses.sandbox-recipient", "sandbox", Station.RECIPIENT),
        ("ses.suppressed", "suppression", Station.RECIPIENT),
        ("ses.sending-paused", "account", Station.ACCEPTED),
        ("smtp.recipient-refused", "rcpt", Station.RECIPIENT),
        ("ses.identity-not-verified", "body", Station.ACCEPTED),
    ],
)
def test_green_up_to_the_fault_and_grey_after_it(code, at, station):
    """A finding stands at its station; what was not reached claims nothing."""
    found = walks.found(code, at, severity=Seriousness.ERROR)
    names = ("dns", "tcp", "greeting", "starttls", "certificate", "auth", "mail", "rcpt", "body")
    order = list(Station)
    id_ = walks.keep(steps(*names[: order.index(station)]), [found])
    (finding,) = doctor.find_run(access.LOCAL, id_).findings
    assert where(finding) is station
    path = progress(id_)
    place = order.index(station)
    assert [path[one] for one in order[:place]] == [Progress.PASSED] * place
    assert path[station] is Progress.FAILED
    assert {path[one] for one in order[place + 1 :]} <= {Progress.WAITING}


def test_a_warning_is_amber_and_a_consequence_changes_nothing():
    """What follows from another finding is not a second fault of the path."""
    warned = walks.found("tcp.timeout", "tcp", severity=Seriousness.WARNING)
    after = walks.found("smtp.temporary", "mail", consequence_of="tcp.timeout")
    path = progress(walks.keep(findings=[warned, after]))
    assert path[Station.CONNECTION] is Progress.WARNED
    assert path[Station.SENDER] is Progress.PASSED


def test_one_address_of_two_that_fails_is_amber():
    """As long as the other one works; when none does, the station failed."""
    good, bad = walks.step("tcp"), walks.step("tcp", ok=False, address="2001:db8::25")
    both = [walks.step("dns"), bad, good]
    assert progress(walks.keep(both))[Station.CONNECTION] is Progress.WARNED
    assert progress(walks.keep(both[:2]))[Station.CONNECTION] is Progress.FAILED


def test_while_it_goes_on_one_station_turns_at_most():
    """The one that is being asked; the ones after it wait."""
    id_ = walks.begin()
    assert progress(id_)[Station.NAME] is Progress.TURNING
    queries.go_on(id_, [kept_step(one) for one in steps("dns", "tcp", "greeting")], now())
    path = list(progress(id_).values())
    assert path == [*[Progress.PASSED] * 3, Progress.TURNING, *[Progress.WAITING] * 5]
    failed = [*steps("dns"), walks.step("tcp", ok=False)]
    queries.go_on(id_, [kept_step(one) for one in failed], now())
    path = list(progress(id_).values())
    assert path == [Progress.PASSED, Progress.FAILED, *[Progress.WAITING] * 7]


def test_an_api_that_cannot_be_asked_is_no_stations_fault():
    """Mail does not go through it: the path stays green."""
    found = walks.found("aws.credentials-rejected", "account", severity=Seriousness.WARNING)
    path = progress(walks.keep(findings=[found]))
    assert path.pop(Station.ACCEPTED) is Progress.SKIPPED
    assert set(path.values()) == {Progress.PASSED}


# ---------------------------------------------------------------- pages


def shown(client: Client, id_: str, markup: Callable[[str], Any]) -> Any:
    """The page of a walk."""
    answer = client.get(f"/doctor/{id_}")
    assert answer.status_code == 200
    return markup(answer.content.decode())


def words(page: Any) -> str:
    """Its text on one line."""
    return " ".join(page.text.split())


def test_while_it_goes_on_the_page_renews_itself_and_can_be_renewed(admin: Client, markup):
    """By polls, and by a link where no script runs; over, it stays as it is."""
    id_ = walks.begin()
    page = shown(admin, id_, markup)
    (live,) = [one for one in page.all("div") if one.get("id") == "walk"]
    assert live["hx-get"] == f"/doctor/{id_}"
    assert any(one.get("href") == f"/doctor/{id_}" for one in page.all("a"))
    part = admin.get(f"/doctor/{id_}", headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div id="walk"')
    (live,) = [one for one in shown(admin, walks.keep(), markup).all("div")
               if one.get("id") == "walk"]  # fmt: skip
    assert "hx-get" not in live


def test_findings_stand_with_cause_fix_and_evidence(admin: Client, markup):
    """The root cause first, what follows from it marked, evidence folded, in words."""
    root = walks.found(
        "auth.rejected", "auth",
        facts={"stage": "auth", "reply": "535 no", "user": "tocsin"},
        evidence={
            "tried": ["PLAIN", "LOGIN"],
            "table": {"a": 1},
            "transcript": [{"at": 0.1, "step": "auth", "sent": "AUTH ***", "received": "535"}],
        },
    )  # fmt: skip
    after = walks.found("auth.required", "mail", consequence_of="auth.rejected")
    page = shown(admin, walks.keep(findings=[root, after]), markup)
    text = words(page)
    assert (
        text.index("auth.rejected") < text.index("Further findings") < text.index("auth.required")
    )
    assert "follows from auth.rejected" in text
    for seen in ("PLAIN, LOGIN", '"a": 1', "AUTH ***", "535 no"):
        assert seen in text


def test_further_looks_stand_apart_from_the_way(admin: Client, markup):
    """What was asked of DNS, of the account, or past a failure is no step of a mail."""
    looks = [walks.step(name, ok=None, address=None) for name in ("look", "spf", "identity")]
    found = walks.found("aws.unavailable", "account", severity=Seriousness.NOTE, address=None)
    text = words(shown(admin, walks.keep([*steps("dns", "tcp"), *looks], [found]), markup))
    way, _, further = text.partition("Further looks")
    assert "answer to tcp" in way
    assert "answer to identity" in further
    assert "answer to tcp" not in further
    assert "answer to spf" not in way
    assert "The API of AWS" in way
    assert "Further looks" not in words(shown(admin, walks.keep(), markup))


def test_a_finding_offers_what_can_be_done(admin: Client, signed_in, scene, markup):
    """A button to whoever may; nothing to whoever may not."""
    remedy = Remedy(
        RemedyKind.CHANGE_MODE, "tls.wrong-mode", {"port": "465", "encryption": "smtps"}
    )
    id_ = walks.keep(findings=[walks.found("tls.wrong-mode", "tls")], remedies=[remedy])
    href = f"/doctor/{id_}/remedy/0"
    assert href in [one.get("href") for one in shown(admin, id_, markup).all("a")]
    viewer = shown(signed_in(Role.VIEWER), id_, markup)
    assert href not in [one.get("href") for one in viewer.all("a")]
    assert all(one["action"].startswith(("/sign-out", "/theme", "/language"))
               for one in viewer.all("form") if one.get("method") == "post")  # fmt: skip


def test_what_a_relay_said_is_never_markup(admin: Client, markup):
    """In steps, evidence, report and on the path; what would turn the line is marked."""
    id_ = walks.keep(
        [walks.step("dns"), walks.step("greeting", ok=False, answered=HOSTILE, asked=HOSTILE)],
        [walks.found("smtp.not-smtp", "greeting", facts={"reply": HOSTILE},
                     evidence={"x": [{HOSTILE: HOSTILE}]})],
    )  # fmt: skip
    models.DoctorRun.objects.filter(id=id_).update(report=HOSTILE)
    page = shown(admin, id_, markup)
    assert "<script>alert(1)</script>" in page.text
    assert "49" not in page.text.split("Report for a ticket")[1].split("Copy")[0]
    assert "\u202e" not in page.text
    assert all(one.get("src", "").startswith("/static/") for one in page.all("script"))


def test_a_walk_that_broke_off_says_so(admin: Client, markup):
    """It does not look as if it still went on."""
    id_ = walks.begin()
    models.DoctorRun.objects.filter(id=id_).update(beat_at=now() - SILENT_AFTER - 1)
    page = shown(admin, id_, markup)
    assert "broke off" in page.text
    assert not any("hx-get" in one for one in page.all("div"))


def test_the_report_can_be_taken_away(signed_in, markup):
    """As a file of plain text; before it is there, a page says so."""
    id_ = walks.keep()
    answer = signed_in(Role.VIEWER).get(f"/doctor/{id_}/report.txt")
    assert answer.content == b"a report\nof two lines"
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
    assert signed_in(Role.VIEWER).get(f"/doctor/{walks.begin()}/report.txt").status_code == 409


def test_the_form_knows_the_relays_and_the_walks_before(scene, admin: Client, markup):
    """The relay that is asked for is chosen; a name that is none is as if nothing was said."""
    id_ = walks.keep(findings=[walks.found("tcp.refused", "tcp")])
    page = markup(admin.get("/doctor?relay=smtp").content.decode())
    chosen = [one["value"] for one in page.all("option") if "selected" in one]
    assert "smtp" in chosen
    assert f"/doctor/{id_}" in [one.get("href") for one in page.all("a")]
    assert "tcp.refused" in page.text
    assert admin.get("/doctor?relay=%00none").status_code == 200


def test_without_a_relay_another_server_can_be_walked_to(admin: Client, markup):
    """The page says what is missing, and that each walk will stand here."""
    page = markup(admin.get("/doctor").content.decode())
    assert "No relay is configured yet" in page.text
    assert "No walk yet" in page.text
    assert any(one.get("name") == "host" for one in page.all("input"))


def sent(client: Client, **form: str) -> Any:
    """Send the form."""
    return client.post("/doctor", form)


def test_asking_begins_a_walk_and_leads_to_it(admin: Client, begun: list[Asked]):
    """What is left empty is as it is configured; looking alone begins nothing."""
    admin.get("/doctor?relay=smtp&run=1")
    assert begun == []
    answer = sent(admin, relay="smtp", to="a@example.org, b@example.org", send="1")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/doctor/")
    sent(admin, relay="smtp", host="mail.example.org", port="465", encryption="smtps",
         user="u", password="p")  # fmt: skip
    sent(admin)
    assert begun == [
        Asked(relay="smtp", recipients=("a@example.org", "b@example.org"), send=True),
        Asked(host="mail.example.org", port=465, encryption="smtps", user="u",
              password=Secret("p")),
        Asked(),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"host": "a b"}, "host"),
        ({"host": "mail.example.org", "port": "x"}, "port"),
        ({"host": "mail.example.org", "port": "0"}, "port"),
        ({"host": "mail.example.org", "user": "u"}, "password"),
        ({"host": "mail.example.org", "from": "nobody"}, "from"),
        ({"host": "mail.example.org", "send": "1", "from": "a@example.org"}, "to"),
        ({"user": "u", "password": "hush-hush"}, "host"),
        ({"relay": "smtp", "to": "nobody"}, "to"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(form, field, scene, admin: Client, markup):
    """What was typed stays, but for the password, and no walk begins."""
    answer = sent(admin, **form)
    assert answer.status_code == 422
    page = markup(answer.content.decode())
    wrong = [one.get("name") for one in page.all("input") if one.get("aria-invalid") == "true"]
    assert wrong == [field]
    assert "hush-hush" not in answer.content.decode()
    values = {one.get("name"): one.get("value") for one in page.all("input")}
    assert all(values[name] == value for name, value in form.items()
               if name not in {"password", "relay", "encryption"})  # fmt: skip
    assert models.DoctorRun.objects.count() == 0


def test_a_responder_walks_to_what_is_configured_alone(scene, signed_in, markup):
    """Another server is not in the form, and sent all the same it is refused."""
    client = signed_in(Role.RESPONDER)
    page = markup(client.get("/doctor").content.decode())
    assert not any(one.get("name") == "host" for one in page.all("input"))
    assert sent(client, host="mail.example.org").status_code == 403


# ---------------------------------------------------------------- everywhere else


def asks(page: Any, relay: str) -> bool:
    """Whether the doctor can be asked about that relay, by a form."""
    forms = [one for one in page.all("form") if one.get("action") == "/doctor"]
    hidden = [one.get("value") for one in page.all("input") if one.get("name") == "relay"]
    return bool(forms) and all(one["method"] == "post" for one in forms) and relay in hidden


def failed_attempt(delivery: str, code: str) -> None:
    """An attempt of a delivery that failed on its way."""
    connection = models.Connection.objects.create(
        id="0" * 36, relay="smtp", host="relay.example.com", port=587, opened_at=1, chain="[]",
        resumed=False, transcript=json.dumps([[0.1, "dns", "", ""]]),
    )  # fmt: skip
    models.Attempt.objects.create(
        delivery_id=delivery, number=1, started_at=0, finished_at=1, ok=False, in_doubt=False,
        code=code, facts="{}", transcript="[]", connection=connection,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "asked"),
    [("auth.rejected", True), ("tls.expired", True), ("unknown", True),
     ("message.template", False)],
)  # fmt: skip
def test_a_failed_delivery_leads_to_the_doctor(code, asked, scene, admin: Client, markup):
    """Where the doctor can say more: what never came to a relay has none to walk to."""
    failed_attempt(scene.delivery, code)
    page = markup(admin.get(f"/deliveries/{scene.delivery}").content.decode())
    assert asks(page, "smtp") is asked


@pytest.mark.parametrize("path", ["/relays", "/deliveries"])
def test_a_paused_relay_leads_to_the_doctor(path, scene, admin: Client, signed_in, markup):
    """From its own page and from the list of what waits for it; not for a viewer."""
    operation.save_relay_pause(
        "smtp", paused_at=now() - MINUTE, code="auth.rejected", facts={"stage": "auth"},
        failures=2, probe_at=now() + MINUTE,
    )  # fmt: skip
    relay = "smtp" if path == "/relays" else ""
    assert asks(markup(admin.get(path).content.decode()), relay)
    assert "Ask the doctor" not in signed_in(Role.VIEWER).get(path).content.decode()


def places(page: Any) -> Sequence[str]:
    """Where the links of a page lead."""
    return [one.get("href", "") for one in page.all("a")]


@pytest.mark.parametrize("path", ["/relays", "/deliveries", "/central/appliances/{node}/general"])
def test_the_doctor_is_near_wherever_the_relay_is(path, scene, admin: Client, markup):
    """Beside the relays, and where they are configured."""
    page = markup(admin.get(path.format(node=scene.node)).content.decode())
    assert "/doctor" in places(page)
