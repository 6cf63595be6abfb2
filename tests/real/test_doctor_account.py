"""The doctor's walk with an AWS key: a rehearsal relay for the mail, a stand-in for the API."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import awsserver
from awsserver import IamKey, StandIn
from manager import Program, document_of
from rehearsing import RECIPIENT, SENDER, client_settings, rehearsing
from tocsin.doctor.errand import Errand
from tocsin.doctor.report import Report
from tocsin.doctor.testmessage import make_message
from tocsin.doctor.walk import walk
from tocsin.faults.fault import Seriousness
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.fault.registry import make_faults
from tocsin.rehearsal.settings import RehearsalSettings

MADE = "2026-11-01T00:00:00Z"
PATIENT = RehearsalSettings(port=0, smtps_port=0, region=awsserver.REGION, idle_seconds=60)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with keys, so that no relay need make its own."""

    async def make(folder: Path) -> None:
        async with rehearsing(folder, PATIENT):
            pass

    folder: Path = tmp_path_factory.mktemp("made")
    asyncio.run(make(folder))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """One for the relay of a test."""
    return Path(shutil.copytree(made, tmp_path / "relay"))


@pytest.fixture
def aws() -> Iterator[StandIn]:
    """An account out of the sandbox in which the sender's domain is verified."""
    with StandIn() as server:
        server.account["ProductionAccessEnabled"] = True
        server.identities["example.com"] = awsserver.identity()
        yield server


@contextlib.asynccontextmanager
async def relay_of(aws: StandIn, folder: Path, *faults: str) -> AsyncIterator[Endpoint]:
    """A relay whose user has a key in that account."""
    async with rehearsing(folder, PATIENT, make_faults(faults)) as endpoint:
        aws.keys[endpoint.user] = IamKey("ses-smtp-user", MADE)
        yield endpoint


def errand(endpoint: Endpoint, aws: StandIn, *, send: bool = False, **changes: Any) -> Errand:
    """The whole way, and the account beside it."""
    message = make_message(SENDER, (RECIPIENT,)) if send else None
    settings = client_settings(endpoint)
    client = awsserver.aws(aws.url, **changes)
    return Errand(settings, SENDER, (RECIPIENT,), message, neighbours=(), aws=client)


def codes(report: Report) -> list[str]:
    return [one.finding.code for one in report.findings]


async def test_an_account_that_is_all_right(aws, folder: Path):
    """The answers stand among the steps, and nothing is found; no secret is in any of them."""
    async with relay_of(aws, folder) as endpoint:
        report = await walk(errand(endpoint, aws))
    assert codes(report) == []
    passed = {one.name for one in report.steps if one.ok}
    assert {"rcpt", "account", "identity", "suppression", "key"} <= passed
    assert awsserver.SECRET not in repr(report)


async def test_everything_that_the_account_would_refuse_is_told_first(aws, folder: Path):
    """Four facts of the account, each told once, while the relay takes all that it is asked."""
    aws.account |= {"ProductionAccessEnabled": False, "SendingEnabled": False}
    aws.identities = {"example.org": awsserver.identity()}
    aws.suppressed.append(
        {"EmailAddress": RECIPIENT, "Reason": "COMPLAINT", "LastUpdateTime": 1_790_000_000}
    )
    async with relay_of(aws, folder) as endpoint:
        report = await walk(errand(endpoint, aws))
    assert codes(report) == [
        "ses.sending-paused", "ses.identity-not-verified", "ses.sandbox-recipient",
        "ses.suppressed",
    ]  # fmt: skip
    assert not report.ok
    (remedy,) = [one for one in report.remedies if one.asks]
    assert remedy.facts == {"identities": "example.org"}
    assert [one.ok for one in report.steps if one.name == "rcpt"] == [True]


async def test_relay_and_account_are_of_one_voice(aws, folder: Path):
    """The relay's 554 at the end of the message and the API's word are one finding."""
    aws.identities = {}
    faults = ("not-verified",)
    async with relay_of(aws, folder, *faults) as endpoint:
        report = await walk(errand(endpoint, aws, send=True))
    assert codes(report) == ["ses.identity-not-verified"]
    evidence = report.findings[0].evidence
    assert evidence["transcript"]
    assert "ListEmailIdentities" in evidence["api"]


async def test_a_key_of_iam_that_is_off_is_why_the_relay_lets_nobody_in(aws, folder: Path):
    """The 535 follows from it."""
    async with relay_of(aws, folder, "wrong-password") as endpoint:
        aws.keys[endpoint.user].status = "Inactive"
        report = await walk(errand(endpoint, aws))
    assert codes(report)[:2] == ["ses.key-inactive", "auth.rejected"]
    assert report.findings[1].consequence_of == "ses.key-inactive"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (awsserver.DENIED, "aws.not-permitted"),
        (awsserver.EXPIRED, "aws.credentials-rejected"),
    ],
)
async def test_a_key_that_may_nothing_changes_nothing(aws, key, code, folder: Path):
    """Mail can go this way, and that the account was not seen is said."""
    async with relay_of(aws, folder) as endpoint:
        report = await walk(errand(endpoint, aws, key=key))
    assert codes(report) == [code]
    assert report.findings[0].severity is not Seriousness.ERROR
    assert report.ok


async def test_an_api_out_of_reach_holds_nobody_up(aws, folder: Path):
    """A host that accepts connections and says nothing: the walk is over within its own time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with relay_of(aws, folder) as endpoint:
            asked = errand(endpoint, aws)
            report = await walk(replace(asked, aws=awsserver.aws(url), timeout_s=1.5))
    assert report.ok
    assert codes(report) == []
    looks = {one.name: one.ok for one in report.steps if one.name in {"account", "identity"}}
    assert looks == {"account": None, "identity": None}


def test_the_configured_relay_is_walked_to_with_the_configured_key(program: Program):
    """`tocsin doctor` on a home: no manager runs, the account of `ses` is asked."""
    relay = program.rehearse("--region", awsserver.REGION)
    with StandIn() as aws:
        aws.account["SendQuota"]["SentLast24Hours"] = 200.0
        aws.identities["example.com"] = awsserver.identity()
        aws.keys[relay["user"]] = IamKey("ses-smtp-user", MADE)
        (program.home.parent / "ses.key").write_text(awsserver.SECRET + "\n")
        ses = {
            "region": awsserver.REGION,
            "relay": "smtp",
            "access_key": awsserver.KEY,
            "secret_key_file": str(program.home.parent / "ses.key"),
            "endpoint_url": aws.url,
        }
        program.apply(document_of(relay, ses=ses))
        told = program.json("doctor", status=1)
    assert [one["code"] for one in told["findings"]] == ["ses.daily-quota"]
    assert told["findings"][0]["severity"] == "error"
    assert {"account", "identity", "suppression", "key"} <= {one["name"] for one in told["steps"]}
    assert awsserver.SECRET not in str(told)
