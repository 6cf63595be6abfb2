"""The training ground's page."""

from __future__ import annotations

import json
import os
import re

import pytest
from django.test import Client

from tocsin.base.home import Home
from tocsin.domain.principal import Role
from tocsin.rehearsal.fault.registry import load_faults

TRAINING = "/rehearsal/training"


@pytest.fixture
def relay(tmp_path, monkeypatch):
    """A rehearsal relay of this run, by what it says in its folder; plays the faults given."""
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    home.make()
    told = {
        "host": "localhost",
        "port": 2587,
        "smtps_port": 2465,
        "region": "eu-west-1",
        "user": "AKIAEXAMPLE",
        "password_file": str(tmp_path / "password"),
        "root_file": str(tmp_path / "root.pem"),
        "identities": ["example.com"],
        "inbox": str(tmp_path),
        "pid": os.getpid(),
        "stands_in": False,
    }

    def play(*faults: str) -> None:
        now = {**told, "faults": faults, "generation": 1}
        home.rehearsal_facts.write_text(json.dumps(now))
        (tmp_path / "relay.json").write_text(json.dumps(now))

    play()
    return play


def boxes(page: str) -> list[str]:
    """The faults that can be chosen."""
    return re.findall(r'name="fault" value="([^"]+)"', page)


def test_every_fault_stands_on_the_page_once(relay, signed_in):
    """Each is in the group of exactly one station, whatever its code."""
    page = signed_in(Role.ADMINISTRATOR).get(TRAINING).content.decode()
    assert sorted(boxes(page)) == sorted(load_faults())
    assert "The relay plays no fault" in page
    assert ">Mend it<" not in page


def test_what_is_in_force_is_said_and_ticked(relay, signed_in):
    """With its code, what it does, the way to the doctor and the way back."""
    relay("expired", "sandbox")
    page = signed_in(Role.ADMINISTRATOR).get(TRAINING).content.decode()
    ticked = re.findall(r'value="([^"]+)" checked', page)
    assert sorted(ticked) == ["expired", "sandbox"]
    assert "<code>tls.expired</code>" in page
    assert 'href="/doctor?relay=rehearsal"' in page
    assert ">Mend it<" in page


def test_others_read_and_cannot_break(relay, signed_in):
    """A viewer sees the faults without a box or a button."""
    page = signed_in(Role.VIEWER).get(TRAINING).content.decode()
    assert boxes(page) == []
    assert "tls.expired" in page
    assert ">Break it<" not in page


def test_a_name_that_is_no_fault_is_refused(relay, signed_in):
    """The page says which one, and nothing is asked of the relay."""
    answer = signed_in(Role.ADMINISTRATOR).post(TRAINING, {"fault": ["expird"]})
    assert answer.status_code == 409
    assert "did you mean expired" in answer.content.decode()
    inbox = Home.of_environment().folder.parent
    assert not (inbox / "faults.json").exists()


def test_without_a_rehearsal_relay_there_is_no_training_ground(admin: Client):
    """It is there only while the rehearsal relay of this run is."""
    assert admin.get(TRAINING).status_code == 404


def test_the_inbox_leads_there(relay, signed_in):
    """Both pages of the rehearsal name each other."""
    client = signed_in(Role.VIEWER)
    assert f'href="{TRAINING}"' in client.get("/rehearsal").content.decode()
    assert 'href="/rehearsal"' in client.get(TRAINING).content.decode()
