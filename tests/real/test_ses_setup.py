"""The setup assistant against a rehearsal relay and stand-ins of AWS, to a delivered test mail."""

from __future__ import annotations

import io
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

import awsserver
import chains
from manager import Program
from tocsin.base.secret import Secret
from tocsin.central.problem import Invalid
from tocsin.cli.main import run
from tocsin.engine import access, configuration
from tocsin.engine.errors import Conflict, Refused
from tocsin.engine.setup.account import judge_choice
from tocsin.engine.setup.apply import apply
from tocsin.engine.setup.entered import AccessKey, Choice, Credentials, Entered, NewUser, SmtpUser
from tocsin.engine.setup.look import chosen, look, make_user
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.whole import outcome_json, set_up
from tocsin.ses.iam import POLICY
from tocsin.ses.password import derive
from tocsin.trust.context import server_context

MOST_FIELDS = 6
FROM, TO = "tocsin@example.com", "soc@example.com"


class Aws(awsserver.StandIn):
    """The stand-in, with moto's IAM behind it for users and policies.

    A new user's key is the one that the rehearsal relay takes: no other relay is there.
    """

    def __init__(self, moto: str, key: tuple[str, str]) -> None:
        super().__init__()
        self._moto = moto
        self._key = key

    def post(self, request: BaseHTTPRequestHandler, form: dict[str, list[str]]) -> None:
        """IAM's calls that make something; the others as ever."""
        action = form.get("Action", [""])[0]
        refused = awsserver.DENIED in request.headers["Authorization"]
        if action not in {"CreateUser", "PutUserPolicy", "CreateAccessKey"} or refused:
            super().post(request, form)
            return
        body = urlencode(form, doseq=True).encode()
        headers = {"Authorization": request.headers["Authorization"]}
        asked = urllib.request.Request(self._moto, body, headers)
        try:
            with urllib.request.urlopen(asked) as answer:
                status, said = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, said = error.code, error.read()
        if action == "CreateAccessKey":
            said = _with(_with(said, "AccessKeyId", self._key[0]), "SecretAccessKey", self._key[1])
        request.send_response(status)
        request.send_header("Content-Type", "text/xml")
        request.send_header("Content-Length", str(len(said)))
        request.end_headers()
        request.wfile.write(said)


def _with(xml: bytes, name: str, value: str) -> bytes:
    """The answer with another value in an element."""
    before, begin, rest = xml.partition(f"<{name}>".encode())
    _, end, after = rest.partition(f"</{name}>".encode())
    return before + begin + value.encode() + end + after


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One rehearsal relay for the tests of this file."""
    one = Program(tmp_path_factory.mktemp("relay"))
    try:
        yield one.rehearse()
    finally:
        one.stop()


def key_of(relay: dict[str, Any]) -> tuple[str, str]:
    """The access key that the relay's password is derived from."""
    id_, secret = Path(relay["secret_file"]).read_text().split()
    return id_, secret


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """One moto server for the tests of this file; its users stay from test to test."""
    with awsserver.moto() as url:
        yield url


@pytest.fixture
def aws(relay: dict[str, Any], moto: str) -> Iterator[Aws]:
    """An account in the sandbox with two identities, and IAM."""
    with Aws(moto, key_of(relay)) as server:
        server.identities = {
            "example.com": awsserver.identity(),
            "pending.example.org": awsserver.identity(status="PENDING"),
        }
        yield server


def password_of(relay: dict[str, Any]) -> str:
    """What the relay takes."""
    return Path(relay["password_file"]).read_text().strip()


def entered(relay: dict[str, Any], credentials: Credentials | None = None, **said: Any) -> Entered:
    """The stand-in, with its own user unless others are given."""
    by_hand = SmtpUser(relay["user"], Secret(password_of(relay)))
    server = f"{relay['host']}:{relay['port']}"
    return Entered(relay["region"], credentials or by_hand, server=server, **said)


def agreed(given: Entered) -> Proposal:
    """The look of who agreed to trust what was proposed."""
    first = look(access.LOCAL, given)
    assert first.anchor is not None
    return look(access.LOCAL, given, trusting=chosen(first, (first.anchor.sha256,)))


def fields_of(relay: dict[str, Any]) -> dict[str, str]:
    """All that a person fills in: five fields, and the stand-in's address as a sixth."""
    return {
        "--region": relay["region"],
        "--user": relay["user"],
        "password": password_of(relay),
        "--from": FROM,
        "--to": TO,
        "--server": f"{relay['host']}:{relay['port']}",
    }


def arguments_of(fields: dict[str, str]) -> list[str]:
    """The command for these fields; the password is not among its arguments."""
    shown = {name: value for name, value in fields.items() if name != "password"}
    return ["ses", "setup", *(word for pair in shown.items() for word in pair)]


def mails(relay: dict[str, Any]) -> list[str]:
    """What arrived in the relay's inbox."""
    return [one.read_text() for one in sorted(Path(relay["inbox"]).glob("*.eml"))]


def test_six_fields_from_a_fresh_manager_to_a_delivered_mail(program: Program, relay):
    """Region, user, password, From, To and the stand-in; then a test mail lies in the inbox."""
    fields = fields_of(relay)
    assert len(fields) <= MOST_FIELDS
    given = fields["password"] + "\n"
    agreement = ("--trust-proposed", "--yes")
    program.up()
    done = program.json(*arguments_of(fields), *agreement, text=given)
    assert done["ok"], done
    assert done["proposal"]["signed_in"]
    (mail,) = mails(relay)
    assert f"To: {TO}" in mail
    assert fields["password"] not in json.dumps(done) + program.log("up")


def test_over_the_api_from_a_fresh_manager_to_a_delivered_mail(program: Program, relay, aws):
    """A look, then the setup with what it proposed; no secret is given back."""
    url = program.up()
    token = program.json("token", "add", "test", "--role", "administrator")["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(path: str, **said: object) -> Any:
        data = json.dumps({**body, **said}).encode()
        asked = urllib.request.Request(f"{url}/api/v1/ses/setup{path}", data, headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            text = answer.read().decode()
        assert not [one for one in (secret, password_of(relay)) if one in text]
        return json.loads(text)

    id_, secret = key_of(relay)
    body = {"region": relay["region"], "access_key": id_, "secret_key": secret}
    body |= {"server": f"{relay['host']}:{relay['port']}", "endpoint_url": aws.url}
    found = post("/look")
    assert (found["signed_in"], found["account"]["max_24_hour_send"]) == (False, 200.0)
    choice = {"from": FROM, "to": [TO]}
    untrusted = post("", **choice)
    assert (untrusted["ok"], untrusted["applied"]) == (False, None)
    before = len(mails(relay))
    done = post("", **choice, trust=[found["anchor"]["sha256"]])
    assert (done["ok"], done["tested"], done["stood_in"]) == (True, True, False), done
    assert done["applied"]["version"] == 1
    assert len(mails(relay)) == before + 1


@pytest.mark.usefixtures("db", "home")
class TestInProcess:
    """The assistant's parts on a home whose manager does not run."""

    def test_without_agreement_nobody_signs_in_and_nothing_changes(self, relay, monkeypatch):
        """The root is proposed with its fingerprint; the password stays here until it is agreed."""

        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("a password was sent")

        with monkeypatch.context() as patch:
            patch.setattr("tocsin.engine.setup.look.try_sign_in", refuse)
            found = look(access.LOCAL, entered(relay))
        assert found.anchor is not None
        assert (found.signed_in, found.sign_in) == (False, None)
        assert found.collection is not None
        assert found.collection.verdict.code == "tls.untrusted-issuer"
        outcome = set_up(access.LOCAL, entered(relay), Choice(FROM, (TO,)))
        assert (outcome.ok, outcome.applied) == (False, None)
        assert configuration.current_number() == 0
        assert agreed(entered(relay)).signed_in

    def test_by_hand_it_is_applied_and_says_that_nothing_was_tested(
        self, relay, capsys, monkeypatch
    ):
        """Exit status 3, one version, and what to do next."""
        fields = fields_of(relay)
        given = io.TextIOWrapper(io.BytesIO(fields["password"].encode() + b"\n"))
        monkeypatch.setattr(sys, "stdin", given)
        monkeypatch.setattr("tocsin.engine.logs.set_up_logging", lambda *_: None)
        assert run([*arguments_of(fields), "--trust-proposed", "--yes"]) == 3
        out, err = capsys.readouterr()
        assert "applied, not tested" in err
        assert "SHA-256" in out
        assert fields["password"] not in out + err
        assert configuration.current_number() == 1

    def test_at_a_terminal_everything_is_asked_for(self, relay, capsys, monkeypatch):
        """Five fields are asked for, and two agreements; the password is not shown."""
        fields = fields_of(relay)
        typed = [fields["--region"], fields["--user"], "yes", FROM, TO, "yes"]

        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        hidden: list[str] = []

        def getpass(question: str) -> str:
            hidden.append(question)
            return fields["password"]

        monkeypatch.setattr(sys, "stdin", Terminal("\n".join(typed) + "\n"))
        monkeypatch.setattr("getpass.getpass", getpass)
        monkeypatch.setattr("tocsin.engine.logs.set_up_logging", lambda *_: None)
        assert run(["ses", "setup", "--server", fields["--server"], "--no-test"]) == 0
        out, err = capsys.readouterr()
        assert len(hidden) == 1
        assert err.count(": ") == 4
        assert fields["password"] not in out + err
        smtp = configuration.current().configuration.smtp
        assert smtp is not None
        assert (smtp.sender, smtp.password) == (FROM, Secret(fields["password"]))

    @pytest.mark.parametrize("answers", [["no"], ["yes", FROM, TO, "no"]])
    def test_who_does_not_agree_changes_nothing(self, relay, monkeypatch, answers):
        """Neither to the certificate nor to the change."""
        fields = fields_of(relay)

        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        typed = [fields["--region"], fields["--user"], *answers]
        monkeypatch.setattr(sys, "stdin", Terminal("\n".join(typed) + "\n"))
        monkeypatch.setattr("getpass.getpass", lambda _: fields["password"])
        monkeypatch.setattr("tocsin.engine.logs.set_up_logging", lambda *_: None)
        assert run(["ses", "setup", "--server", fields["--server"]]) == 1
        assert configuration.current_number() == 0

    def test_the_account_is_read_with_the_key(self, relay, aws):
        """Senders, sandbox, and recipients that it refuses; the password is derived here."""
        configuration.change(
            access.LOCAL,
            {"actions": [{"name": "Old", "kind": "email", "to": [TO, "out@example.net"]}]},
        )
        id_, secret = key_of(relay)
        given = entered(relay, AccessKey(id_, Secret(secret), keep=True), endpoint_url=aws.url)
        found = agreed(given)
        assert found.signed_in
        assert [one.name for one in found.senders] == ["example.com"]
        assert found.in_sandbox
        ((action, refused),) = [(one.action, one.refused) for one in found.actions]
        assert (action, refused) == ("Old", ("out@example.net",))
        judged = judge_choice(
            found, relay["region"], "a@pending.example.org", (TO, "b@example.net")
        )
        assert [one.code for one in judged] == [
            "ses.identity-not-verified",
            "ses.sandbox-recipient",
        ]
        trust = tuple(one.sha256 for one in found.agreed)
        with pytest.raises(Invalid) as caught:
            apply(access.LOCAL, given, found, Choice("a@pending.example.org", (TO,), trust=trust))
        assert [one.path for one in caught.value.problems] == ["from"]
        apply(access.LOCAL, given, found, Choice(FROM, (TO,), trust=trust))
        ses = configuration.current().configuration.ses
        assert ses is not None
        assert (ses.access_key, ses.secret_key) == (id_, Secret(secret))

    def test_a_key_that_may_see_nothing_does_not_hinder(self, relay, aws):
        """What it may not is named; the SMTP user is another."""
        id_, secret = key_of(relay)
        watch = AccessKey(awsserver.DENIED, Secret(awsserver.SECRET))
        given = entered(relay, AccessKey(id_, Secret(secret), watch=watch), endpoint_url=aws.url)
        found = agreed(given)
        assert found.signed_in
        assert found.account is not None
        assert "ses:GetAccount" in found.account.missing
        assert (found.senders, found.in_sandbox) == ((), None)

    def test_a_user_is_made_once_with_the_least_policy(self, relay, aws):
        """By its own key mail is sent, by the given one the account is watched."""
        key = NewUser(awsserver.KEY, Secret(awsserver.SECRET), "tocsin-smtp", keep=True)
        given = entered(relay, key, endpoint_url=aws.url)
        before = agreed(given)
        assert (before.user, before.signed_in, before.sign_in) == ("", False, None)
        assert before.account is not None
        made = make_user(access.LOCAL, given)
        iam = awsserver.aws(aws._moto)
        policy = iam.call("iam", "GetUserPolicy", UserName="tocsin-smtp", PolicyName="tocsin-send")[
            "PolicyDocument"
        ]
        assert policy == POLICY
        with pytest.raises(Refused) as caught:
            make_user(access.LOCAL, given)
        assert caught.value.finding.code == "aws.refused"
        assert "tocsin-smtp" in caught.value.finding.facts["reason"]
        found = agreed(made)
        assert found.signed_in
        trust = tuple(one.sha256 for one in found.agreed)
        apply(access.LOCAL, made, found, Choice(FROM, (TO,), trust=trust))
        now = configuration.current().configuration
        assert now.smtp is not None
        assert now.ses is not None
        assert (now.smtp.user, now.ses.access_key) == (key_of(relay)[0], awsserver.KEY)

    def test_in_one_call_a_user_is_made_last(self, relay, aws):
        """Not while anything is wrong with the choice; then the relay takes the new key."""
        key = NewUser(awsserver.KEY, Secret(awsserver.SECRET), "tocsin-alone")
        given = entered(relay, key, endpoint_url=aws.url)
        anchor = look(access.LOCAL, given).anchor
        assert anchor is not None
        right = Choice(FROM, (TO,), trust=(anchor.sha256,))
        wrong = Choice("a@pending.example.org", (TO,), trust=(anchor.sha256,))
        with pytest.raises(Invalid):
            set_up(access.LOCAL, given, wrong, test=False)
        dry = set_up(access.LOCAL, given, right, dry_run=True)
        assert (dry.ok, dry.user_made, configuration.current_number()) == (True, None, 0)
        assert "CreateUser" not in aws.asked
        done = set_up(access.LOCAL, given, right, test=False)
        assert (done.ok, done.user_made, done.proposal.signed_in) == (True, "tocsin-alone", True)
        assert aws.asked.count("CreateUser") == 1
        said = outcome_json(done)
        assert (said["ok"], said["user_made"], said["tested"]) == (True, "tocsin-alone", False)
        assert not [one for one in (*key_of(relay)[1:], awsserver.SECRET) if one in str(said)]
        assert password_of(relay) not in str(said)
        now = configuration.current().configuration
        assert now.smtp is not None
        assert now.ses is not None
        assert (now.smtp.user, now.ses.access_key) == (key_of(relay)[0], None)
        assert now.smtp.password == Secret(password_of(relay))

    def test_a_new_key_that_is_refused_replaces_nothing(self, relay, moto, monkeypatch):
        """What was in force stays; it is told which user and key are left at AWS."""
        monkeypatch.setattr("tocsin.engine.setup.trying.PATIENCE_S", 0)
        given = entered(relay)
        trust = tuple(one.sha256 for one in agreed(given).agreed)
        apply(access.LOCAL, given, agreed(given), Choice(FROM, (TO,), trust=trust))
        key = NewUser(awsserver.KEY, Secret(awsserver.SECRET), "tocsin-unknown")
        strange = ("AKIAUNKNOWNUNKNOWN00", "a" * 40)
        with Aws(moto, strange) as aws:
            aws.identities = {"example.com": awsserver.identity()}
            new = entered(relay, key, endpoint_url=aws.url)
            done = set_up(access.LOCAL, new, Choice(FROM, (TO,), trust=trust))
        assert (done.ok, done.user_made, done.applied) == (False, "tocsin-unknown", None)
        assert done.proposal.sign_in is not None
        assert done.proposal.sign_in.code == "auth.rejected"
        assert "tocsin-unknown" in done.problem
        assert strange[0] in done.problem
        assert strange[1] not in str(outcome_json(done))
        assert configuration.current_number() == 1

    def test_the_command_says_what_is_left_of_a_user_that_is_refused(
        self, relay, moto, monkeypatch, capsys
    ):
        """Exit status 1, one document, nothing changed."""
        monkeypatch.setattr("tocsin.engine.setup.trying.PATIENCE_S", 0)
        monkeypatch.setattr("tocsin.engine.logs.set_up_logging", lambda *_: None)
        given = io.TextIOWrapper(io.BytesIO(awsserver.SECRET.encode() + b"\n"))
        monkeypatch.setattr(sys, "stdin", given)
        fields = {**fields_of(relay), "--access-key": awsserver.KEY, "--create-user": "tocsin-cli"}
        del fields["--user"]
        with Aws(moto, ("AKIAUNKNOWNUNKNOWN00", "a" * 40)) as aws:
            aws.identities = {"example.com": awsserver.identity()}
            command = arguments_of({**fields, "--endpoint-url": aws.url})
            assert run([*command, "--trust-proposed", "--yes", "--json"]) == 1
        said = json.loads(capsys.readouterr().out)
        assert (said["ok"], said["user_made"], said["applied"]) == (False, "tocsin-cli", None)
        assert "AKIAUNKNOWNUNKNOWN00" in said["problem"]
        assert configuration.current_number() == 0

    @pytest.mark.parametrize(
        ("step", "words"),
        [("PutUserPolicy", "has no access key"), ("CreateAccessKey", "may send")],
    )
    def test_a_user_that_is_half_made_is_told(self, relay, moto, step, words):
        """With its name, how far it came, what AWS said, and what to do."""

        class Breaking(Aws):
            def post(self, request: BaseHTTPRequestHandler, form: dict[str, list[str]]) -> None:
                if form.get("Action") == [step]:
                    del request.headers["Authorization"]
                    request.headers["Authorization"] = awsserver.DENIED
                super().post(request, form)

        name = f"tocsin-half-{step}"
        with Breaking(moto, key_of(relay)) as aws:
            key = NewUser(awsserver.KEY, Secret(awsserver.SECRET), name)
            with pytest.raises(Conflict) as caught:
                make_user(access.LOCAL, entered(relay, key, endpoint_url=aws.url))
        said = str(caught.value)
        assert [one for one in (name, words, f"iam:{step}", "delete it") if one not in said] == []

    def test_the_api_is_asked_over_a_verified_connection_alone(self, relay, tmp_path):
        """Until its root is trusted no signed request leaves, and no user is made."""
        ladder = chains.ladder("localhost")
        files = chains.write_chain(tmp_path, ladder.presented)
        with awsserver.StandIn(server_context(*map(str, files))) as server:
            id_, secret = key_of(relay)
            given = entered(relay, AccessKey(id_, Secret(secret)), endpoint_url=server.url)
            found = look(access.LOCAL, given)
            assert found.account is None
            assert found.api is not None
            assert found.api.code == "tls.untrusted-issuer"
            new = NewUser(awsserver.KEY, Secret(awsserver.SECRET), "tocsin-smtp")
            with pytest.raises(Refused) as caught:
                make_user(access.LOCAL, entered(relay, new, endpoint_url=server.url))
            assert caught.value.finding.code == "tls.untrusted-issuer"
            assert server.asked == []
            trusted = look(access.LOCAL, given, trusting=(ladder.root.parsed,))
            assert trusted.account is not None

    def test_a_key_that_may_make_no_user_is_told(self, relay, aws):
        """With the IAM action that it lacks; nothing is changed."""
        key = NewUser(awsserver.DENIED, Secret(awsserver.SECRET), "tocsin-smtp")
        given = entered(relay, key, endpoint_url=aws.url)
        with pytest.raises(Refused) as caught:
            make_user(access.LOCAL, given)
        assert caught.value.finding.code == "aws.not-permitted"
        assert caught.value.finding.facts["action"] == "iam:CreateUser"

    def test_a_password_of_another_region_is_refused_by_the_relay(self, relay):
        """Its shape is right, so that the relay alone can tell; nothing is changed."""
        _, secret = key_of(relay)
        elsewhere = derive(Secret(secret), "eu-west-3")
        given = entered(relay, SmtpUser(relay["user"], elsewhere))
        found = agreed(given)
        assert found.sign_in is not None
        assert found.sign_in.code.startswith("auth.")
        assert found.anchor is None
        trust = tuple(one.sha256 for one in found.agreed)
        outcome = set_up(access.LOCAL, given, Choice(FROM, (TO,), trust=trust))
        assert "sign-in" in outcome.problem
        assert configuration.current_number() == 0
