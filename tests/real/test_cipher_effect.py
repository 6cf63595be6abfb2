"""What a cipher policy would come to, asked of real servers before it is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import chains
from manager import Program
from tlsserver import SmtpStub, free_port, openssl_server, write_weak_dh
from tocsin.base.clock import now
from tocsin.domain.principal import Role
from tocsin.engine import access, configuration
from tocsin.engine.ciphers import Wanted, consider, consider_restore, restore, set_policy
from tocsin.store.models import Person
from tocsin.trust.context import misbehaving_server_context

HOST = "127.0.0.1"
LADDER = chains.ladder(HOST, kind="rsa-2048")
ONE = "ECDHE-RSA-AES256-GCM-SHA384"
OTHER = "ECDHE-RSA-AES128-GCM-SHA256"

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The chain of the relay and its key."""
    return chains.write_chain(tmp_path, LADDER.presented)


def document(port: int, encryption: str = "smtps", *, trusted: bool = True) -> dict[str, Any]:
    """The relay at this port, and its root in the trust store."""
    smtp = {"server": HOST, "port": port, "encryption": encryption, "from": "t@example.com"}
    trust = [{"name": "Root", "pem": LADDER.root.parsed.pem}] if trusted else []
    return {"smtp": smtp, "trust": trust}


def configure(port: int, encryption: str = "smtps", *, trusted: bool = True) -> None:
    """The same, in force."""
    configuration.change(access.LOCAL, document(port, encryption, trusted=trusted))


def told(wanted: Wanted) -> list[str]:
    """The words about each relay."""
    return [one.words for one in consider(access.LOCAL, wanted).effects]


def test_the_suite_that_would_be_chosen(files: tuple[Path, Path]) -> None:
    """Under each policy the relay is asked, and names its choice; nothing is in force yet."""
    before = configuration.current_number()
    with openssl_server(*files, "-tls1_2", "-cipher", f"{ONE}:{OTHER}") as port:
        configure(port)
        for order in (f"{ONE}:{OTHER}", f"{OTHER}:{ONE}"):
            first = order.partition(":")[0]
            words = f"the relay would choose {first}, TLSv1.2, X25519, 253 bits"
            assert told(Wanted(list=order)) == [words]
    assert configuration.current_number() == before + 1


def test_a_relay_that_would_refuse(files: tuple[Path, Path]) -> None:
    """No suite in common: the relay's alert, by its code."""
    with openssl_server(*files, "-tls1_2", "-cipher", ONE) as port:
        configure(port)
        assert told(Wanted(list=OTHER)) == ["the relay would refuse: tls.no-shared-cipher"]
        assert told(Wanted(preset="mozilla-modern")) == [
            "the relay would refuse: tls.version-too-old"
        ]
        considered = consider(access.LOCAL, Wanted(list=OTHER))
    assert not considered.works
    assert considered.changed.differences
    assert not considered.changed.made


def test_what_we_would_refuse(files: tuple[Path, Path], tmp_path: Path) -> None:
    """A policy with DHE first meets the relay's weak key: it says so, and how weak it is."""
    weak = ["-dhparam", str(write_weak_dh(tmp_path)), "-cipher"]
    suites = f"DHE-RSA-AES128-GCM-SHA256:{ONE}:@SECLEVEL=0"
    with openssl_server(*files, "-tls1_2", *weak, suites) as port:
        configure(port)
        (words,) = told(Wanted(preset="with-dhe"))
        assert "DH, 1024 bits, and we would refuse it: tls.dh-too-small" in words
        assert told(Wanted(preset="tocsin"))[0].startswith(f"the relay would choose {ONE}")


def test_trust_is_another_question(files: tuple[Path, Path]) -> None:
    """Without an anchor the suite is still told, and what comes after it."""
    with openssl_server(*files, "-tls1_2", "-cipher", ONE) as port:
        configure(port, trusted=False)
        (effect,) = consider(access.LOCAL, Wanted(preset="tocsin")).effects
    assert (effect.outcome, effect.cipher) == ("distrusted", ONE)
    assert effect.code == "tls.untrusted-issuer"


def test_through_starttls_and_without_tls(files: tuple[Path, Path]) -> None:
    """The way that mail takes; without encryption no policy applies."""
    context = misbehaving_server_context(*files, ciphers=ONE)
    with SmtpStub(context) as server:
        configure(server.port, "starttls")
        (words,) = told(Wanted(preset="tocsin"))
        assert "TLSv1.3" in words
        configure(server.port, "none")
        assert told(Wanted(preset="tocsin")) == [
            "mail goes there without encryption: no policy applies"
        ]
    assert {one.split()[0] for one in server.commands} <= {b"EHLO", b"STARTTLS", b"QUIT"}


def test_a_relay_that_is_away() -> None:
    """It could not be asked, which says nothing about the policy."""
    configure(free_port())
    considered = consider(access.LOCAL, Wanted(preset="tls13"))
    assert [one.words for one in considered.effects] == [
        "the relay could not be asked: tcp.refused"
    ]
    assert considered.works


def test_going_back_is_considered_too(files: tuple[Path, Path]) -> None:
    """What the policy before would come to, and then that it is in force again."""
    with openssl_server(*files, "-tls1_2", "-cipher", ONE) as port:
        configure(port)
        set_policy(access.LOCAL, Wanted(list=OTHER))
        considered = consider_restore(access.LOCAL)
        assert considered.effects[0].cipher == ONE
        assert considered.view.preset == "tocsin"
    restore(access.LOCAL)
    assert configuration.current().configuration.ciphers.preset == "tocsin"


def test_a_version_at_most(files: tuple[Path, Path]) -> None:
    """TLS 1.2 at most: a relay that has both is met in 1.2, one of 1.3 alone refuses."""
    wanted = Wanted(preset="tocsin", maximum="1.2")
    with openssl_server(*files, "-cipher", ONE) as port:
        configure(port)
        assert told(wanted) == [f"the relay would choose {ONE}, TLSv1.2, X25519, 253 bits"]
    with openssl_server(*files, "-tls1_3") as port:
        configure(port)
        assert told(wanted) == ["the relay would refuse: tls.version-too-old"]
    set_policy(access.LOCAL, wanted)
    assert configuration.current().configuration.ciphers.policy.maximum == "1.2"


def test_the_command_says_it_first(files: tuple[Path, Path], program: Program) -> None:
    """``--dry-run`` tells and changes nothing; with ``--json`` as one document."""
    with openssl_server(*files, "-tls1_2", "-cipher", ONE) as port:
        program.apply(document(port))
        said = program.run("ciphers", "set", OTHER, "--dry-run").stdout
        assert said.startswith(f"smtp ({HOST}:{port}): the relay would refuse: tls.no-shared-ci")
        assert "nothing was changed" in said
        assert program.json("ciphers", "show")["preset"] == "tocsin"
        answer = program.json("ciphers", "preset", "mozilla-intermediate")
        assert [one["cipher"] for one in answer["effects"]] == [ONE]
        assert answer["changed"] is True
        shown = program.json("ciphers", "show")
        assert (shown["preset"], shown["security_level"]) == ("mozilla-intermediate", 2)
        assert all(name.startswith("TLS_") for name in shown["fixed"])


def test_the_page_shows_it_before_it_is_in_force(files: tuple[Path, Path]) -> None:
    """Look, then confirm; and back again."""
    person = Person.objects.create(
        name="admin", role=Role.ADMINISTRATOR.value, one_time=False, created_at=now(), created_by=""
    )
    browser = Client()
    browser.force_login(person)
    with openssl_server(*files, "-tls1_2", "-cipher", ONE) as port:
        configure(port)
        number = configuration.current_number()
        shown = browser.post("/trust/ciphers", {"list": OTHER}).content.decode()
        assert "The relay would refuse: tls.no-shared-cipher." in shown
        shown = browser.post("/trust/ciphers", {"list": ONE}).content.decode()
        assert f"The relay would choose {ONE} in TLSv1.2." in shown
        assert configuration.current_number() == number
        answer = browser.post("/trust/ciphers", {"list": ONE, "confirmed": "1"})
        assert answer.headers["Location"] == "/trust/ciphers"
        assert configuration.current().configuration.ciphers.list == ONE
        shown = browser.post("/trust/ciphers/restore", {}).content.decode()
        assert f"The relay would choose {ONE} in TLSv1.2." in shown
        assert "tocsin" in shown
        browser.post("/trust/ciphers/restore", {"confirmed": "1"})
    assert configuration.current().configuration.ciphers.preset == "tocsin"
    found = browser.post("/trust/probe", {"server": "no port"})
    assert found.status_code == 422


def test_the_probe_page_names_a_weak_key(files: tuple[Path, Path], tmp_path: Path) -> None:
    """The page of the deep probe, over a real weak server."""
    person = Person.objects.create(
        name="admin", role=Role.ADMINISTRATOR.value, one_time=False, created_at=now(), created_by=""
    )
    browser = Client()
    browser.force_login(person)
    weak = ["-dhparam", str(write_weak_dh(tmp_path)), "-cipher", "ALL:@SECLEVEL=0"]
    with openssl_server(*files, *weak) as port:
        answer = browser.post("/trust/probe", {"server": f"{HOST}:{port}", "mode": "smtps"})
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "our own connections refuse it" in shown
    assert "DHE-RSA-AES128-GCM-SHA256" in shown
    assert "nobody should speak it any more" in shown
