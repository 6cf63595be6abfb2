"""The account at AWS asked over real connections: moto, and a stand-in for what it lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser
from botocore.validate import ParamValidator

import awsserver
import chains
from tlsserver import free_port
from tocsin.base.secret import Secret
from tocsin.ses import account, iam
from tocsin.ses.aws import Aws, AwsFailure, NotAllowed
from tocsin.ses.wire import Wire
from tocsin.trust.context import server_context


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """One moto server for the tests of this file."""
    with awsserver.moto() as url:
        yield url


@pytest.fixture(scope="module")
def stand_in() -> Iterator[awsserver.StandIn]:
    """One stand-in for the tests of this file."""
    with awsserver.StandIn() as server:
        yield server


def test_the_account_is_read(stand_in):
    """Sandbox, pause, quota and rate, as the stand-in gives them."""
    found = account.account(awsserver.aws(stand_in.url))
    assert (found.production_access, found.sending_enabled) == (False, True)
    assert found.enforcement == "HEALTHY"
    assert (found.max_24_hour_send, found.max_send_rate, found.sent_last_24_hours) == (200, 1, 12)
    assert found.suppressed_reasons == ("BOUNCE", "COMPLAINT")


def test_the_suppression_list_is_read_to_its_end(stand_in):
    """Page after page."""
    found = account.suppressed(awsserver.aws(stand_in.url))
    assert [one.address for one in found] == [f"gone{number}@example.org" for number in range(3)]
    assert found[0].since == 1_790_000_000_000_000


@pytest.mark.parametrize(("refused", "comes"), [(2, True), (3, False)])
def test_a_call_that_came_too_fast_is_made_again(stand_in, monkeypatch, refused, comes):
    """A while later, and a while after that; then it is told."""
    waits: list[float] = []
    monkeypatch.setattr("tocsin.ses.aws.time.sleep", waits.append)
    stand_in.too_fast = refused
    if comes:
        assert account.account(awsserver.aws(stand_in.url)).sending_enabled
    else:
        with pytest.raises(AwsFailure) as failed:
            account.account(awsserver.aws(stand_in.url))
        assert failed.value.finding.code == "aws.throttled"
    assert waits == [1.0, 2.0]
    assert stand_in.too_fast == 0


def test_a_page_in_place_of_an_answer_is_told(stand_in, monkeypatch):
    """As a proxy, or a load balancer in trouble, sends it."""
    monkeypatch.setitem(stand_in.files, "/v2/email/account", b"<html>Service in trouble</html>")
    monkeypatch.setattr(awsserver, "statistics_xml", lambda *_: "<html><br>")
    for ask, action in ((account.account, "GetAccount"), (account.rates, "GetSendStatistics")):
        with pytest.raises(AwsFailure) as refused:
            ask(awsserver.aws(stand_in.url))
        assert refused.value.finding.code == "aws.unavailable"
        assert refused.value.finding.facts["action"] == f"ses:{action}"


def test_rates_are_shares_of_all_attempts(stand_in):
    """11 of 200 bounced, 1 of 200 complained."""
    found = account.rates(awsserver.aws(stand_in.url))
    assert (found.bounce_rate, found.complaint_rate, found.rejects) == (0.055, 0.005, 2)
    assert account.Rates(0, 0, 0, 0).bounce_rate is None


def test_partial_rights_are_named(stand_in):
    """What the key may not see is None, with the IAM action; the rest is there."""
    every = account.overview(awsserver.aws(stand_in.url))
    assert every.missing == ()
    assert every.account is not None
    nothing = account.overview(awsserver.aws(stand_in.url, key=awsserver.DENIED))
    assert nothing == account.Overview(
        None,
        None,
        None,
        None,
        (
            "ses:GetAccount",
            "ses:ListEmailIdentities",
            "ses:ListSuppressedDestinations",
            "ses:GetSendStatistics",
        ),
    )


def test_a_denied_call_names_the_action(stand_in):
    """That is what must be added to the policy."""
    with pytest.raises(NotAllowed) as denied:
        account.account(awsserver.aws(stand_in.url, key=awsserver.DENIED))
    assert denied.value.action == "ses:GetAccount"
    assert denied.value.finding.code == "aws.not-permitted"


def test_an_expired_key_is_told_plainly(stand_in):
    """In both versions of the API, and without the secret."""
    for ask in (account.account, account.rates):
        with pytest.raises(AwsFailure) as refused:
            ask(awsserver.aws(stand_in.url, key=awsserver.EXPIRED))
        assert refused.value.finding.code == "aws.credentials-rejected"
        assert "is over" in refused.value.finding.facts["reason"]
        assert awsserver.SECRET not in str(refused.value.finding)


def test_their_trouble_is_told_from_ours(stand_in):
    """500 is theirs and passes; 404 is what was asked."""
    aws = awsserver.aws(stand_in.url)
    with pytest.raises(AwsFailure) as theirs:
        aws.call("ses", "GetSendQuota")
    assert theirs.value.finding.code == "aws.unavailable"
    with pytest.raises(AwsFailure) as ours:
        account.identity(aws, "example.com")
    assert ours.value.finding.code == "aws.refused"
    assert ours.value.finding.facts["reason"] == "nothing is there"


def test_identities_are_read_from_moto(moto):
    """Listed and looked at, as made by the same API."""
    aws = awsserver.aws(moto)
    aws.call("sesv2", "CreateEmailIdentity", EmailIdentity="example.com")
    aws.call("sesv2", "CreateEmailIdentity", EmailIdentity="alarms@example.org")
    found = {one.name: one for one in account.identities(aws)}
    assert found["example.com"].kind == "DOMAIN"
    assert found["alarms@example.org"].kind == "EMAIL_ADDRESS"
    detail = account.identity(aws, "example.com")
    assert (detail.name, detail.verification) == ("example.com", "SUCCESS")
    assert (detail.dkim, detail.configuration_set, detail.mail_from) == ("NOT_STARTED", None, None)


def test_a_user_with_the_least_policy_is_made(moto):
    """It may send and nothing else, and its key is listed as never used."""
    aws = awsserver.aws(moto)
    made = iam.create_smtp_user(aws, "tocsin-smtp")
    policy = aws.call("iam", "GetUserPolicy", UserName="tocsin-smtp", PolicyName=iam.POLICY_NAME)
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("ses:SendRawEmail", "*")
    (key,) = iam.access_keys(aws, "tocsin-smtp")
    assert (key.id, key.status) == (made.access_key, "Active")
    assert len(made.secret_key.reveal()) == 40
    assert made.secret_key.reveal() not in repr(made)
    assert iam.last_use(aws, made.access_key).at is None


@pytest.fixture
def environment(monkeypatch) -> None:
    """What other programs take from the environment, all of it wrong."""
    for name, value in {
        "AWS_PROFILE": "none-such",
        "AWS_ACCESS_KEY_ID": awsserver.DENIED,
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "x",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_CA_BUNDLE": "/nowhere",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_DEFAULT_REGION": "nowhere-1",
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)


def test_nothing_is_taken_from_the_environment(stand_in, environment):
    """Neither key, nor endpoint, nor proxy, nor profile."""
    assert account.account(awsserver.aws(stand_in.url)).enforcement == "HEALTHY"


HOUSE = chains.ladder("localhost")


@pytest.fixture(scope="module")
def secured(tmp_path_factory) -> Iterator[awsserver.StandIn]:
    """The stand-in over TLS."""
    files = chains.write_chain(tmp_path_factory.mktemp("tls"), [HOUSE.leaf, HOUSE.intermediate])
    with awsserver.StandIn(server_context(*files)) as server:
        yield server


def test_the_trust_store_decides_whom_we_ask(secured):
    """With its root the account is read; without, nothing is sent, and mail's reason is told."""
    trusting = Wire([HOUSE.root.anchor()])
    assert account.account(awsserver.aws(secured.url, wire=trusting)).sending_enabled
    asked = len(secured.asked)
    stranger = chains.make("Another Root", ca=True)
    for anchors, codes in (
        ([], {"tls.untrusted-issuer", "tls.incomplete-chain"}),
        ([stranger.anchor()], {"tls.untrusted-issuer", "tls.incomplete-chain"}),
    ):
        with pytest.raises(AwsFailure) as refused:
            account.account(awsserver.aws(secured.url, wire=Wire(anchors)))
        assert refused.value.finding.code in codes
        assert refused.value.finding.facts["host"] == "localhost"
    assert len(secured.asked) == asked


def test_the_name_must_fit(secured):
    """The same server under its address is another host."""
    url = secured.url.replace("localhost", "127.0.0.1")
    with pytest.raises(AwsFailure) as refused:
        account.account(awsserver.aws(url, wire=Wire([HOUSE.root.anchor()])))
    assert refused.value.finding.code == "tls.name-mismatch"


def test_a_redirect_is_not_followed(secured):
    """It is given as it is: a signed request goes where it was meant to go."""
    secured.redirects["/moved"] = "/v2/email/account"
    before = len(secured.asked)
    answer = Wire([HOUSE.root.anchor()]).ask("GET", secured.url + "/moved")
    assert answer.status == 302
    assert secured.asked[before:] == ["/moved"]


def test_what_fails_on_the_way_is_the_fault_of_mail():
    """With the host, so that it can be found."""
    for url, code in (
        (f"http://127.0.0.1:{free_port()}", "tcp.refused"),
        ("https://no-such-host.invalid", "dns."),
    ):
        with pytest.raises(AwsFailure) as refused:
            account.account(awsserver.aws(url))
        assert refused.value.finding.code.startswith(code)
        assert refused.value.finding.facts["host"] in url


def test_plain_http_where_tls_should_be_is_told(stand_in):
    """A port that speaks no TLS."""
    url = stand_in.url.replace("http:", "https:")
    with pytest.raises(AwsFailure) as refused:
        account.account(awsserver.aws(url))
    assert refused.value.finding.code.startswith("tls.")


def test_a_client_hides_its_secret():
    """Nothing that prints a client prints its secret."""
    aws = Aws("eu-west-1", awsserver.KEY, Secret(awsserver.SECRET), Wire(()))
    assert awsserver.SECRET not in repr(aws)


def unknown(value: Any, shape: Any, path: str = "") -> list[str]:
    """Names in an answer that the service's model does not have."""
    if shape.type_name == "structure":
        strange = [f"{path}.{name}" for name in value if name not in shape.members]
        for name, one in value.items():
            if name in shape.members:
                strange += unknown(one, shape.members[name], f"{path}.{name}")
        return strange
    if shape.type_name == "list":
        return [each for one in value for each in unknown(one, shape.member, path)]
    return []


def shape_of(service: str, operation: str) -> Any:
    """What botocore's model says that the call answers."""
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(operation).output_shape


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("GetAccount", awsserver.ACCOUNT),
        ("ListSuppressedDestinations", awsserver.suppressed_page(None)),
        ("ListSuppressedDestinations", awsserver.suppressed_page("2")),
    ],
)
def test_the_stand_in_answers_as_the_model_says(operation, answer):
    """No field that SES does not have, and each of its type and among its values."""
    shape = shape_of("sesv2", operation)
    assert unknown(answer, shape) == []
    body = {"body": json.dumps(answer).encode(), "headers": {}, "status_code": 200}
    parsed = create_parser("rest-json").parse(body, shape)
    del parsed["ResponseMetadata"]
    assert set(parsed) == set(answer)
    assert not ParamValidator().validate(parsed, shape).has_errors()
    reasons = shape_of("sesv2", "GetAccount").members["SuppressionAttributes"]
    allowed = reasons.members["SuppressedReasons"].member.enum
    assert {one["Reason"] for one in awsserver.SUPPRESSED} <= set(allowed)


def test_the_stand_in_speaks_the_xml_of_the_first_version():
    """Parsed by the model, each point has every field."""
    shape = shape_of("ses", "GetSendStatistics")
    body = {"body": awsserver.statistics_xml().encode(), "headers": {}, "status_code": 200}
    parsed = create_parser("query").parse(body, shape)
    points = parsed["SendDataPoints"]
    assert len(points) == len(awsserver.STATISTICS)
    assert all(set(one) == set(shape.members["SendDataPoints"].member.members) for one in points)
