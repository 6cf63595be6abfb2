"""The setup assistant of Amazon SES: its three pages, and what goes from one to the next."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

import chains
import tocsin.api.sessetup  # noqa: F401 -- it takes the real look before a test puts another
from tocsin.base.clock import HOUR, now
from tocsin.base.secret import Secret
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.engine.errors import Conflict, Refused
from tocsin.engine.setup.entered import AccessKey, Entered, NewUser, SmtpUser
from tocsin.engine.setup.proposal import ActionCheck, Proposal
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.ses.account import Account, Identity, Overview
from tocsin.ses.endpoint import ENDPOINTS, Offer
from tocsin.ses.password import derive
from tocsin.store.models import Person
from tocsin.trust.collection import Collection
from tocsin.trust.published import PublishedRoot
from tocsin.trust.verdict import Verdict
from tocsin.web import sessetup, sessetupcarried, sessetupform, sessetupfound

FORM, LOOK, APPLY = "/ses/setup", "/ses/setup/look", "/ses/setup/apply"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PASSWORD = derive(Secret(SECRET), "eu-west-1").reveal()
TYPED = {
    "region": "eu-west-1",
    "way": "smtp",
    "user": "AKIAIOSFODNN7EXAMPLE",
    "password": PASSWORD,
    "server": "",
    "port": "587",
    "encryption": "starttls",
    "endpoint_url": "",
    "name": "tocsin-smtp",
}
CHOSEN = {"sender": "alarms@example.com", "to": "soc@example.com", "action": "Mail the SOC"}
ROOT = chains.make("Example Root CA 7", ca=True, ends=4000)
SANDBOX = Account(
    production_access=False,
    sending_enabled=True,
    enforcement="HEALTHY",
    max_24_hour_send=200.0,
    max_send_rate=1.0,
    sent_last_24_hours=3.0,
    suppressed_reasons=(),
)
DOMAIN = Identity("example.com", "DOMAIN", sending_enabled=True, verification="SUCCESS")
ADDRESS = Identity("ids@example.org", "EMAIL_ADDRESS", sending_enabled=True, verification="SUCCESS")


def proposal_of(**changes: Any) -> Proposal:
    """A look at an endpoint whose root is not trusted yet, with nothing known of the account."""
    verdict = Verdict(trusted=False, anchor=None, code="tls.untrusted-issuer")
    collection = Collection(
        host="email-smtp.eu-west-1.amazonaws.com",
        port=587,
        mode="starttls",
        collected_at=now(),
        endpoints=(),
        certificates=(ROOT.parsed,),
        verdict=verdict,
        findings=(Finding("tls.untrusted-issuer", {"issuer": "Example Root CA 7"}),),
    )
    known = Proposal(
        host="email-smtp.eu-west-1.amazonaws.com",
        port=587,
        encryption="starttls",
        user="AKIAIOSFODNN7EXAMPLE",
        password=Secret(PASSWORD),
        shape=(),
        collection=collection,
        anchor=ROOT.parsed,
        anchor_reason="It is the root above the chain.",
        sign_in=None,
        signed_in=False,
        account=None,
        api=None,
        senders=(),
        actions=(),
    )
    return replace(known, **changes)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Entered]]:
    """Makes every look find what is said, `further` with the root trusted; gives what was asked."""

    def find(further: Any = None, **changes: Any) -> list[Entered]:
        asked: list[Entered] = []
        further = further or {}

        def look(_principal: object, entered: Entered, *, trusting: Any = ()) -> Proposal:
            asked.append(entered)
            new = isinstance(entered.credentials, NewUser)
            known = {"user": "", "password": Secret("")} if new else {}
            if not trusting:
                return proposal_of(**known, **changes)
            first = proposal_of()
            verdict = Verdict(trusted=True, anchor=ROOT.sha256, code=None)
            verified = replace(first.collection, verdict=verdict, findings=())
            seen = {"collection": verified, "anchor": None, "signed_in": not new}
            return proposal_of(**{**known, **seen, **changes, **further})

        monkeypatch.setattr(sessetup.looking, "look", look)
        return asked

    return find


def enter(client: Client, **changes: str) -> Any:
    """Send the first form; the secret is what goes with the way."""
    secret = PASSWORD if changes.get("way", "smtp") == "smtp" else SECRET
    return client.post(FORM, {**TYPED, "password": secret, **changes})


def choose(client: Client, **changes: Any) -> Any:
    """Send the second form, the root ticked."""
    return client.post(APPLY, {**CHOSEN, "sha256": ROOT.sha256, **changes})


def words(answer: Any, markup: Any) -> str:
    """The text of a page on one line."""
    return " ".join(markup(answer.content.decode()).text.split())


@pytest.mark.parametrize("path", [FORM, LOOK])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST, Role.RESPONDER])
def test_only_an_administrator_sets_up(path, role, signed_in):
    """Every other role is refused, before anything is asked of anybody."""
    assert signed_in(role).get(path).status_code == 403
    assert signed_in(role).post(FORM, TYPED).status_code == 403
    assert signed_in(role).post(APPLY, CHOSEN).status_code == 403


def test_without_the_token_of_the_form_nothing_is_taken(signed_in):
    """Another site cannot send either form."""
    client = signed_in(enforce_csrf_checks=True)
    assert client.post(FORM, TYPED).status_code == 403
    assert client.post(APPLY, CHOSEN).status_code == 403


def test_every_region_is_offered_and_those_without_smtp_cannot_be_chosen(admin, markup):
    """All of the table, in its order; the word unconfirmed where no source says."""
    answer = admin.get(FORM)
    options = [one for one in markup(answer.content.decode()).all("option") if one["value"]]
    regions = [one for one in options if one["value"] in ENDPOINTS]
    assert [one["value"] for one in regions] == list(ENDPOINTS)
    disabled = {one["value"] for one in regions if "disabled" in one}
    assert disabled == {name for name, one in ENDPOINTS.items() if one.smtp is Offer.ABSENT}
    text = words(answer, markup)
    assert "no SMTP in this region" in text
    assert "email-smtp.eu-central-2.amazonaws.com, unconfirmed" in text


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"region": ""}, "region", "Choose the region"),
        ({"region": "moon-1"}, "region", "Choose the region"),
        ({"region": "af-south-1"}, "region", "no SMTP endpoint"),
        ({"region": "eu-west-1", "fips": "on"}, "fips", "no FIPS endpoint"),
        ({"way": "guess"}, "way", "one of the three"),
        ({"user": "  "}, "user", "needed"),
        ({"user": "A" * 201}, "user", "At most 200"),
        ({"password": ""}, "password", "needed"),
        ({"server": "a b"}, "server", "no host"),
        ({"server": "relay.example.com:0"}, "server", "no port"),
        ({"server": "email-smtp.us-east-1.amazonaws.com"}, "server", "us-east-1"),
        ({"port": "smtp"}, "port", "from 1 to 65535"),
        ({"port": "²"}, "port", "from 1 to 65535"),
        ({"port": "9" * 5000}, "port", "from 1 to 65535"),
        ({"port": "26"}, "port", "no port of Amazon SES"),
        ({"port": "465"}, "encryption", "does not speak"),
        ({"encryption": "none"}, "encryption", "of the list"),
        ({"endpoint_url": "http://ses.example.com"}, "endpoint_url", "not https"),
        ({"way": "key", "password": "short"}, "password", "cannot be a secret access key"),
        ({"way": "key", "password": PASSWORD}, "password", "SMTP password"),
        ({"way": "new", "password": SECRET, "name": "a b"}, "name", "1 to 64"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(admin, looks, changes, field, said):
    """And the rest that was typed is kept, but for the secret; nobody is asked."""
    asked = looks()
    answer = enter(admin, **changes)
    assert answer.status_code == 422
    assert said in answer.context["errors"][field]
    assert list(answer.context["errors"]) == [field]
    page = answer.content.decode()
    assert said in page
    assert PASSWORD not in page
    assert SECRET not in page
    if "user" not in changes:
        assert 'value="AKIAIOSFODNN7EXAMPLE"' in page
    assert not asked
    assert sessetupcarried.COOKIE not in answer.cookies


def test_a_form_without_any_field_is_answered(admin):
    """What is missing is told; nothing breaks."""
    answer = admin.post(FORM, {})
    assert answer.status_code == 422
    assert {"region", "way", "user", "password", "encryption"} <= set(answer.context["errors"])


def read(**changes: Any) -> Any:
    """What a form with those values comes to."""
    values = {**TYPED, "keep": False, "fips": False, **changes}
    del values["password"]
    return sessetupform.read(values, Secret(PASSWORD))


@pytest.mark.parametrize(
    ("changes", "port", "encryption"),
    [
        ({}, None, None),
        ({"port": ""}, None, None),
        ({"port": "2587"}, 2587, "starttls"),
        ({"port": "465", "encryption": "smtps"}, None, "smtps"),
        ({"port": "2465", "encryption": "smtps"}, 2465, "smtps"),
        ({"server": "localhost:2465"}, None, None),
        ({"server": "localhost:2465", "port": "2587"}, 2587, "starttls"),
    ],
)
def test_what_a_new_form_has_is_left_to_the_assistant(changes, port, encryption):
    """A port that stands at the server then tells the encryption too."""
    entered = read(**changes)
    assert (entered.port, entered.encryption) == (port, encryption)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, SmtpUser("AKIAIOSFODNN7EXAMPLE", Secret(PASSWORD))),
        ({"way": "key"}, AccessKey("AKIAIOSFODNN7EXAMPLE", Secret(PASSWORD))),
        (
            {"way": "key", "keep": True},
            AccessKey("AKIAIOSFODNN7EXAMPLE", Secret(PASSWORD), keep=True),
        ),
        (
            {"way": "new", "name": "mailer"},
            NewUser("AKIAIOSFODNN7EXAMPLE", Secret(PASSWORD), "mailer"),
        ),
    ],
)
def test_the_same_two_fields_serve_every_way(changes, expected):
    """Which of them it is says the way; a secret is kept only where that is ticked."""
    assert read(**changes).credentials == expected


texts = st.text(min_size=1, max_size=200)
plain_keys = st.builds(AccessKey, texts, texts.map(Secret), keep=st.booleans())
keys = st.builds(
    AccessKey,
    texts,
    texts.map(Secret),
    keep=st.booleans(),
    watch=st.none() | plain_keys,
    fresh=st.booleans(),
)
users = st.builds(SmtpUser, texts, texts.map(Secret))
makers = st.builds(NewUser, texts, texts.map(Secret), texts, keep=st.booleans())
anything_entered = st.builds(
    Entered,
    region=st.sampled_from(sorted(ENDPOINTS)),
    credentials=st.one_of(keys, users, makers),
    fips=st.booleans(),
    server=st.none() | texts,
    port=st.none() | st.integers(1, 65535),
    encryption=st.none() | st.sampled_from(["starttls", "smtps"]),
    endpoint_url=st.none() | texts,
)


@given(anything_entered, st.none() | texts, st.none() | texts)
def test_what_is_carried_comes_back_as_it_was(entered, made, trusting):
    """Through the form that is sealed, whatever was entered."""
    one = sessetupcarried.Carried(entered, made, trusting)
    assert sessetupcarried._read(json.loads(json.dumps(sessetupcarried._plain(one)))) == one


def test_the_form_leads_to_the_second_step_and_secrets_are_sealed(admin, looks):
    """The cookie is for the assistant alone, scripts do not see it, and it is not in the clear."""
    asked = looks()
    answer = enter(admin)
    assert (answer.status_code, answer["Location"]) == (302, LOOK)
    cookie = answer.cookies[sessetupcarried.COOKIE]
    assert cookie["path"] == FORM
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert PASSWORD not in cookie.value
    assert len(cookie.output()) < 4000
    page = admin.get(LOOK)
    assert page.status_code == 200
    assert PASSWORD not in page.content.decode()
    assert cookie.value not in page.content.decode()
    assert asked[0].credentials == SmtpUser("AKIAIOSFODNN7EXAMPLE", Secret(PASSWORD))


def test_the_longest_that_can_be_typed_fits_into_the_cookie(admin):
    """A browser drops a cookie of more than 4096 bytes."""
    answer = enter(admin, user="ä" * 200, password="€" * 200, server="a" * 200)
    assert answer.status_code == 302
    assert len(answer.cookies[sessetupcarried.COOKIE].OutputString()) < 4096


@pytest.mark.parametrize("field", ["user", "password"])
def test_blanks_around_it_count(admin, field):
    """They are carried too."""
    answer = enter(admin, **{field: " " * 5000 + "x"})
    assert "At most 200" in answer.context["errors"][field]
    assert sessetupcarried.COOKIE not in answer.cookies


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_goes_over_https_as_the_session_does(admin, settings, secure):
    """Also where a proxy in front hides it from this request."""
    settings.SESSION_COOKIE_SECURE = secure
    assert bool(enter(admin).cookies[sessetupcarried.COOKIE]["secure"]) == secure


def test_what_another_version_carried_is_entered_again(admin, monkeypatch):
    """An upgrade between two steps breaks nothing."""
    monkeypatch.setattr(sessetupcarried, "_plain", lambda _: {"entered": {"region": "eu-west-1"}})
    enter(admin)
    assert admin.get(LOOK)["Location"] == FORM


def test_the_first_step_shows_the_key_that_was_typed():
    """Not that of the user which was made with it."""
    watch = AccessKey("AKIAIOSFODNN7EXAMPLE", Secret(SECRET), keep=True)
    made = AccessKey("AKIAI44QH8DHBEXAMPLE", Secret(SECRET), watch=watch, fresh=True)
    values = sessetupform.values_of(Entered("eu-west-1", made))
    assert (values["way"], values["user"], values["keep"]) == ("new", watch.access_key, True)


def test_a_server_that_cannot_be_reached_is_told(admin, looks):
    """The cause as a failure, and the form all the same: the network may be mended later."""
    verdict = Verdict(trusted=False, anchor=None, code=None)
    refused = Finding("tcp.refused", {"host": "relay.example.com", "port": "587"})
    first = proposal_of()
    nothing = replace(first.collection, certificates=(), findings=(refused,), verdict=verdict)
    looks(collection=nothing, anchor=None, anchor_reason="No chain was presented.")
    enter(admin)
    page = admin.get(LOOK).content.decode()
    assert "tcp.refused" in page
    assert "No chain was presented." in page
    assert "nothing to trust was found" not in page
    assert 'name="sha256"' not in page
    assert "Apply Settings and Test Action" in page
    answer = choose(admin)
    assert answer.status_code == 422
    assert answer.content.decode().count("tcp.refused") == page.count("tcp.refused")
    assert configuration.current_number() == 0


def test_what_somebody_else_entered_is_refused(admin, looks):
    """A sealed text that was made for another person opens nothing."""
    asked = looks()
    enter(admin)
    sealed = admin.cookies[sessetupcarried.COOKIE].value
    access.add_person(access.LOCAL, "another", Role.ADMINISTRATOR)
    Person.objects.filter(name="another").update(one_time=False)
    client = Client()
    client.force_login(Person.objects.get(name="another"))
    client.cookies[sessetupcarried.COOKIE] = sealed
    assert client.get(LOOK).status_code == 409
    assert choose(client).status_code == 409
    assert client.get(FORM).status_code == 200
    assert not asked


@pytest.mark.parametrize("sealed", ["x", "[]", '["a", "b"]', '["a", ""]', "null", "[1, 2]"])
def test_what_is_no_sealed_text_is_refused(admin, looks, sealed):
    """Whatever a browser sends."""
    asked = looks()
    admin.cookies[sessetupcarried.COOKIE] = sealed
    assert admin.get(LOOK).status_code == 409
    assert not asked


def test_without_anything_entered_it_begins_again(admin, looks, monkeypatch):
    """Also when what was entered is more than an hour old."""
    asked = looks()
    assert admin.get(LOOK)["Location"] == FORM
    assert choose(admin)["Location"] == FORM
    enter(admin)
    later = now() + HOUR
    monkeypatch.setattr(sessetupcarried, "now", lambda: later)
    assert admin.get(LOOK)["Location"] == FORM
    assert "Enter it again" in admin.get(FORM).content.decode()
    assert not asked


def test_the_first_step_shows_again_what_was_entered(admin, looks):
    """But for the secret."""
    looks()
    enter(admin, way="key", keep="on", server="vpce.example.com:2587")
    page = admin.get(FORM)
    values = page.context["values"]
    assert (values["region"], values["way"], values["keep"]) == ("eu-west-1", "key", True)
    assert 'value="vpce.example.com:2587"' in page.content.decode()
    assert PASSWORD not in page.content.decode()


@pytest.fixture
def makes(monkeypatch: pytest.MonkeyPatch) -> list[Entered]:
    """Lets users be made; gives what they were made with."""
    made: list[Entered] = []

    def make_user(_principal: object, entered: Entered, *, trusting: Any = ()) -> Entered:
        assert trusting == (ROOT.parsed,)
        made.append(entered)
        return replace(entered, credentials=SmtpUser("AKIAI44QH8DHBEXAMPLE", Secret(PASSWORD)))

    monkeypatch.setattr(sessetup.looking, "make_user", make_user)
    return made


def test_a_user_is_made_once_and_only_for_what_can_be_applied(admin, looks, makes, markup):
    """Said before, not made by looking nor by a wrong choice; told of, and not made again."""
    asked = looks()
    assert "the user mailer is made at IAM" in words(
        enter(admin, way="new", name="mailer", user=""), markup
    )
    assert enter(admin, way="new", name="mailer")["Location"] == LOOK
    for _ in range(2):
        text = words(admin.get(LOOK), markup)
        assert "the access key of mailer, which is made when you apply" in text
    assert choose(admin, sender="no address").status_code == 422
    assert choose(admin, show="1").status_code == 200
    assert not makes

    assert isinstance(asked[-1].credentials, NewUser)
    assert "applied as version 1" in words(choose(admin), markup)
    assert len(makes) == 1
    assert asked[-1].credentials == SmtpUser("AKIAI44QH8DHBEXAMPLE", Secret(PASSWORD))


def test_a_user_that_was_made_is_not_made_again(admin, looks, makes, markup, monkeypatch):
    """What follows its making fails: the page says that it is there, and the next try uses it."""
    asked = looks()
    enter(admin, way="new")

    def refuse(_principal: object, entered: Entered, *_rest: object, dry_run: bool = False) -> Any:
        if not dry_run:
            raise Conflict("another version came into force meanwhile")

    monkeypatch.setattr(sessetup.applying, "apply", refuse)
    for _ in range(2):
        answer = choose(admin)
        assert answer.status_code == 422
        assert "The IAM user tocsin-smtp was made, with the inline policy tocsin-send" in words(
            answer, markup
        )
    assert "The IAM user tocsin-smtp was made" in words(admin.get(LOOK), markup)
    assert len(makes) == 1
    assert asked[-1].credentials == SmtpUser("AKIAI44QH8DHBEXAMPLE", Secret(PASSWORD))


def test_a_user_that_cannot_be_made_is_told(admin, looks, monkeypatch):
    """With the cause in the words of the catalogue, and what was chosen kept."""
    looks()

    def make_user(*_asked: object, **_options: object) -> Entered:
        raise Refused(Finding("aws.not-permitted", {"action": "iam:CreateUser"}))

    monkeypatch.setattr(sessetup.looking, "make_user", make_user)
    enter(admin, way="new")
    answer = choose(admin, to="noc@example.com")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "aws.not-permitted" in page
    assert "noc@example.com" in page
    assert configuration.current_number() == 0


def test_credentials_of_the_wrong_shape_go_no_further(admin, looks, markup):
    """The failures, the way back, and no form; sent all the same, nothing is changed."""
    looks(shape=(explain(Finding("auth.temporary-credentials")),), collection=None, anchor=None)
    enter(admin)
    page = admin.get(LOOK)
    assert "auth.temporary-credentials" in page.content.decode()
    sent = {one.get("action") for one in markup(page.content.decode()).all("form")}
    assert APPLY not in sent
    assert choose(admin).status_code == 200
    assert configuration.current_number() == 0


def test_a_secret_key_as_the_password_is_shown_the_other_way(admin, looks):
    """The form that was left takes it as it is."""
    finding = Finding("auth.secret-not-smtp-password", {"region": "eu-west-1"})
    looks(shape=(explain(finding),), collection=None, anchor=None)
    enter(admin)
    assert "choose IAM access key in the form" in admin.get(LOOK).content.decode()


def test_the_anchor_is_ticked_by_nobody_but_the_person(admin, looks, markup):
    """Its SHA-256 to compare, a box that is empty; what leads up to it is no failure."""
    looks()
    enter(admin)
    page = admin.get(LOOK)
    boxes = [one for one in markup(page.content.decode()).all("input") if one["name"] == "sha256"]
    assert [(one["value"], "checked" in one) for one in boxes] == [(ROOT.sha256, False)]
    groups = [ROOT.sha256[at : at + 4] for at in range(0, 64, 4)]
    text = words(page, markup)
    assert " ".join(groups) in text
    assert "no root that Amazon publishes" in text
    assert "tls.untrusted-issuer" not in page.content.decode()


def test_a_published_root_is_said_to_be_one(admin, looks, markup, monkeypatch):
    """Only with the very fingerprint that Amazon publishes."""
    looks()
    enter(admin)
    for sha256, shown in ((ROOT.sha256, True), ("0" * 64, False)):
        root = PublishedRoot("Amazon Root CA 9", sha256, ROOT.parsed.key_sha256)
        monkeypatch.setattr(sessetupfound, "published_root", lambda _one, root=root: root)
        text = words(admin.get(LOOK), markup)
        assert ("publishes for Amazon Root CA 9" in text) == shown
        assert ("no root that Amazon publishes" in text) != shown


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sha256": ""}, "sha256"),
        ({"sha256": "0" * 64}, "sha256"),
        ({"sender": ""}, "sender"),
        ({"sender": "no address"}, "sender"),
        ({"to": ""}, "to"),
        ({"to": "soc@example.com\nno address"}, "to"),
        ({"action": ""}, "action"),
    ],
)
def test_a_wrong_choice_changes_nothing(admin, looks, changes, field):
    """It is told at its field, and the rest is kept."""
    looks()
    enter(admin)
    answer = choose(admin, **changes)
    assert answer.status_code == 422
    assert set(answer.context["errors"]) == {field}
    assert configuration.current_number() == 0
    kept = {**CHOSEN, **{name: text for name, text in changes.items() if name in CHOSEN}}
    assert {name: answer.context["values"][name] for name in CHOSEN} == kept


def test_the_changes_are_shown_before_they_are_made(admin, looks, markup):
    """Setting by setting, the password as set or changed; nothing is applied."""
    looks()
    enter(admin)
    answer = choose(admin, show="1")
    assert answer.status_code == 200
    assert {"smtp.server", "smtp.from"} <= {
        one.path for one in answer.context["planned"].differences
    }
    assert "email-smtp.eu-west-1.amazonaws.com" in words(answer, markup)
    assert PASSWORD not in answer.content.decode()
    assert configuration.current_number() == 0


def test_applied_and_tested(admin, looks, markup):
    """One version; without a responder the page says so, and what was entered is forgotten."""
    looks()
    enter(admin)
    answer = choose(admin)
    assert answer.status_code == 200
    text = words(answer, markup)
    assert "applied as version 1" in text
    assert "role.missing" in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    latest = configuration.current()
    assert latest.number == 1
    assert latest.configuration.smtp is not None
    assert latest.configuration.smtp.sender == "alarms@example.com"
    assert [one.to for one in latest.configuration.actions] == [("soc@example.com",)]
    assert [one.anchor.certificate.sha256 for one in latest.configuration.trust] == [ROOT.sha256]
    assert admin.get(LOOK)["Location"] == FORM


def test_a_look_further_trusts_what_was_ticked_for_itself_alone(admin, looks, markup):
    """Sign-in and account are known then; what was typed is kept, and nothing is stored."""
    found = in_sandbox(DOMAIN)
    asked = looks(further=found)
    enter(admin, way="key")
    text = words(admin.get(LOOK), markup)
    assert "Not tried yet" in text
    assert "Asked once the certificate above is trusted" in text
    page = admin.post(LOOK, {"sha256": ROOT.sha256, "sender": "", "to": "noc@example.com"})
    text = words(page, markup)
    assert "the relay took the credentials" in text
    assert "3 of 200 recipients" in text
    assert page.context["values"]["sender"] == "alarms@example.com"
    assert page.context["values"]["to"] == "noc@example.com"
    boxes = [one for one in markup(page.content.decode()).all("input") if one["name"] == "sha256"]
    assert ["checked" in one for one in boxes] == [True]
    assert configuration.current_number() == 0
    assert "3 of 200 recipients" in words(admin.get(LOOK), markup)  # loaded again, as it was
    assert len(asked) == 1 + 2 + 2


def test_a_certificate_that_is_not_proposed_is_not_trusted_by_a_look(admin, looks, markup):
    """Whatever fingerprint a browser sends."""
    asked = looks()
    enter(admin)
    for sent in ({"sha256": "0" * 64}, {}):
        page = admin.post(LOOK, sent)
        assert page.status_code == 422
        assert list(page.context["errors"]) == ["sha256"]
        assert "Not tried yet" in words(page, markup)
    assert len(asked) == 2


def test_a_sign_in_that_the_relay_refuses_is_not_applied(admin, looks):
    """The failure stands above the form, which keeps what was typed."""
    looks(further={"sign_in": explain(Finding("auth.rejected")), "signed_in": False})
    enter(admin)
    answer = choose(admin)
    assert answer.status_code == 422
    assert answer.content.decode().count('aria-label="The relay') <= 1
    assert "auth.rejected" in answer.content.decode()
    assert answer.context["values"]["to"] == "soc@example.com"
    assert configuration.current_number() == 0


def test_what_fails_on_the_way_is_no_refusal(admin, looks, markup):
    """Nobody says that the relay refused credentials which it never saw; nothing is applied."""
    looks(further={"sign_in": explain(Finding("smtp.timeout")), "signed_in": False})
    enter(admin)
    text = words(admin.post(LOOK, {"sha256": ROOT.sha256}), markup)
    assert "refused the credentials" not in text
    assert choose(admin).status_code == 422
    assert configuration.current_number() == 0


def in_sandbox(*identities: Identity) -> dict[str, Any]:
    """An account in the sandbox with these identities, as a proposal has it."""
    account = Overview(SANDBOX, identities, (), None, ("ses:GetSendStatistics",))
    return {"account": account, "senders": identities}


def test_the_sandbox_is_said_plainly(admin, looks, markup):
    """Its rules, the quota, what the key may not ask, and the actions that it would refuse."""
    looks(**in_sandbox(DOMAIN), actions=(ActionCheck("Mail the CERT", ("cert@example.net",)),))
    enter(admin, way="key")
    text = words(admin.get(LOOK), markup)
    assert "at most 200 mails in 24 hours and 1 a second" in text
    assert "every recipient must be verified too" in text
    assert "3 of 200 recipients" in text
    assert "ses:GetSendStatistics" in text
    assert "would refuse recipients of actions that are configured" in text
    assert "cert@example.net" in text


def test_recipients_that_the_sandbox_refuses_are_told_as_they_are_typed(admin, looks, markup):
    """Before anything is applied; those of a verified domain are not among them."""
    looks(**in_sandbox(DOMAIN))
    enter(admin, way="key")
    answer = choose(admin, to="soc@example.com\nnoc@example.net", show="1")
    assert "would refuse: noc@example.net." in words(answer, markup)


@pytest.mark.parametrize(
    ("identities", "offered"),
    [
        ((DOMAIN,), ["alarms@example.com"]),
        ((ADDRESS, DOMAIN), ["ids@example.org", "alarms@example.com"]),
        ((), []),
    ],
)
def test_verified_identities_are_offered_as_from_address(admin, looks, markup, identities, offered):
    """The first stands in the field; with none verified the page says what that means."""
    looks(**in_sandbox(*identities))
    enter(admin, way="key")
    page = admin.get(LOOK)
    options = [one["value"] for one in markup(page.content.decode()).all("option")]
    assert [one for one in options if "@" in one] == offered
    assert page.context["values"]["sender"] == (offered[0] if offered else "")
    assert ("Nothing is verified in this region" in words(page, markup)) == (not identities)


def test_a_from_address_in_force_is_kept_where_it_is_verified(scene, admin, looks):
    """Else the first of the verified ones takes its place; the action's recipients stay."""
    looks(**in_sandbox(ADDRESS, DOMAIN))
    enter(admin, way="key")
    values = admin.get(LOOK).context["values"]
    assert values["sender"] == "tocsin@example.com"
    assert values["to"] == "soc@example.com"
    looks(**in_sandbox(ADDRESS))
    assert admin.get(LOOK).context["values"]["sender"] == "ids@example.org"


def test_a_refused_sign_in_and_a_silent_api_are_told(admin, looks):
    """Each as a failure of its own; the form is there all the same."""
    api = explain(Finding("aws.not-permitted", {"action": "ses:GetAccount"}))
    looks(api=api, further={"sign_in": explain(Finding("auth.rejected")), "signed_in": False})
    enter(admin, way="key")
    assert "aws.not-permitted" not in admin.get(LOOK).content.decode()  # nothing is trusted yet
    page = admin.post(LOOK, {"sha256": ROOT.sha256}).content.decode()
    assert "auth.rejected" in page
    assert "aws.not-permitted" in page
    assert "Apply Settings and Test Action" in page


@pytest.mark.parametrize("path", ["/relays", "/central/appliances/{node}/general"])
def test_the_pages_of_the_relay_lead_here(path, admin, scene, markup):
    """The settings' form always; the relays where there is none yet."""
    if path == "/relays":
        configuration.change(access.LOCAL, {"smtp": None})
    page = admin.get(path.format(node=scene.node)).content.decode()
    assert FORM in [one.get("href") for one in markup(page).all("a")]
