"""Each fault of the rehearsal relay, met by our own client over real sockets."""

from __future__ import annotations

import shutil

import pytest

from rehearsing import client_settings, envelope, rehearsing
from tocsin.faults.catalogue import is_known
from tocsin.mail.relay import Encryption, RelayConnection, RelayFailure
from tocsin.rehearsal import inbox
from tocsin.rehearsal.fault.registry import UnknownFault, load_faults, make_faults
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy

WITH_DHE = CipherPolicy("DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", "1.2")
# Silences are waited out: the client's patience is cut to what a test can bear.
SILENT = {
    "banner-late",
    "banner-stall",
    "connection-stuck",
    "drip",
    "garbage-greeting",
    "silent-at-mail",
    "silent-after-dot",
}
KEPT = {"close-after-dot", "silent-after-dot"}
# What the sender alone cannot know: it takes the mail there, or sees the half of it.
SEEN = {
    "clock-behind": "tls.not-yet-valid",
    "clock-off": None,
    "expiring": None,
    "one-address-refused": None,
    "other-intermediate": None,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with keys, so that each test need not make its own."""
    return tmp_path_factory.mktemp("rehearsal")


@pytest.fixture
async def out(made, tmp_path):
    """A relay's folder of this test alone."""
    if not (made / "authority").exists():
        async with rehearsing(made):
            pass
    return shutil.copytree(made, tmp_path / "out")


async def meet(
    endpoint, *, seconds=20.0, policy=DEFAULT_POLICY, encryption=Encryption.STARTTLS, size=0
):
    """The code of what goes wrong with one mail; None when it is delivered."""
    settings = client_settings(endpoint, seconds=seconds, policy=policy, encryption=encryption)
    connection = RelayConnection(settings)
    try:
        await connection.open()
        (outcome,) = await connection.deliver([envelope(size=size)])
    except RelayFailure as failure:
        return failure.finding.code
    finally:
        await connection.close()
    return outcome.finding.code if outcome.finding else None


@pytest.mark.parametrize("name", list(load_faults()))
async def test_a_fault_is_met_as_what_it_is(out, name):
    """The client comes to the code that the fault names, and takes no harm from a mild one."""
    (fault,) = make_faults([name])
    policy = WITH_DHE if name == "dh-1024" else DEFAULT_POLICY
    async with rehearsing(out, faults=[fault]) as endpoint:
        # A mail that fits into one piece is in doubt, not cut short.
        size = 4_000_000 if name == "close-mid-data" else 0
        seconds = 1 if name in SILENT else 20
        code = await meet(endpoint, seconds=seconds, policy=policy, size=size)
        assert code == SEEN.get(name, fault.code)
        assert inbox.count_mails(out) == (1 if name in KEPT or code is None else 0)


@pytest.mark.parametrize("kind", load_faults().values(), ids=list(load_faults()))
def test_a_fault_says_what_it_does(kind):
    """Each fault has a name, one line about it and a code that the catalogue explains."""
    assert kind.name
    assert kind.summary
    assert "\n" not in kind.summary
    assert is_known(kind.code)


async def test_without_dhe_the_weak_server_does_no_harm(out):
    """As in the guide: whoever offers no DHE gets ECDHE from the same server."""
    async with rehearsing(out, faults=make_faults(["dh-1024"])) as endpoint:
        assert await meet(endpoint) is None


async def test_two_faults_are_played_together(out):
    """A second fault shows once the first is got past."""
    faults = make_faults(["not-verified", "wrong-name"])
    async with rehearsing(out, faults=faults) as endpoint:
        assert await meet(endpoint) == "tls.name-mismatch"
        assert list(endpoint.faults) == ["not-verified", "wrong-name"]
    async with rehearsing(out, faults=make_faults(["not-verified", "no-mechanism"])) as endpoint:
        assert await meet(endpoint, encryption=Encryption.SMTPS) == "auth.no-mechanism"


async def test_the_wrapper_port_misbehaves_too(out):
    """Faults of chain and account hold on both ports."""
    async with rehearsing(out, faults=make_faults(["expired"])) as endpoint:
        assert await meet(endpoint, encryption=Encryption.SMTPS) == "tls.expired"


def test_an_unknown_fault_is_refused_by_name():
    """A typing error does not make an honest relay."""
    with pytest.raises(UnknownFault, match="no-such-fault"):
        make_faults(["expired", "no-such-fault"])
