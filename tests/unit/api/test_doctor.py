"""``/api/v1/doctor``: what is asked, what comes back, and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import walks
from tocsin.base.secret import Secret
from tocsin.domain.principal import Principal, Role
from tocsin.engine import doctor
from tocsin.engine.doctorerrand import Asked

PASSWORD = "a password that nobody sees"


class Begun:
    """Takes the place of a walk that begins: keeps what was asked."""

    def __init__(self, *, over: bool) -> None:
        self.over = over
        self.asked: list[Asked] = []
        self.waited: list[str] = []

    def start(self, _principal: Principal, asked: Asked) -> str:
        """Begin."""
        self.asked.append(asked)
        findings = [walks.found("tcp.refused", "tcp")]
        return walks.keep(findings=findings) if self.over else walks.begin()

    def wait(self, principal: Principal, id_: str) -> doctor.Run:
        """Wait for it."""
        self.waited.append(id_)
        return doctor.find_run(principal, id_)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begun]:
    """Walks are over at once."""
    one = Begun(over=True)
    monkeypatch.setattr(doctor, "start", one.start)
    monkeypatch.setattr(doctor, "wait", one.wait)
    return one


@pytest.mark.parametrize("body", [None, {}])
def test_without_anything_said_the_first_relay_is_walked_to(body: Any, api, begun: Begun):
    """The answer is the contract's, with the id that it is found under."""
    answer = api.post("/doctor", body)
    assert answer.status == 200
    assert begun.asked == [Asked()]
    assert answer.json["ok"] is False
    assert answer.json["findings"][0]["code"] == "tcp.refused"
    assert answer.json["steps"]
    assert begun.waited == [answer.json["id"]]
    assert api.get(f"/doctor/{answer.json['id']}").json == answer.json


def test_everything_that_can_be_said(api, begun: Begun):
    """Each name of the body has its meaning; the password is a secret from then on."""
    api.post(
        "/doctor",
        {
            "host": "mail.example.org", "port": 465, "encryption": "smtps",
            "from": "a@example.org", "to": ["b@example.org", "c@example.org"],
            "user": "u", "password": PASSWORD, "send": True,
        },
    )  # fmt: skip
    assert begun.asked == [
        Asked(
            host="mail.example.org", port=465, encryption="smtps", sender="a@example.org",
            recipients=("b@example.org", "c@example.org"), user="u", password=Secret(PASSWORD),
            send=True,
        )
    ]  # fmt: skip
    api.post("/doctor", {"relay": "second", "to": "d@example.org"})
    assert begun.asked[-1] == Asked(relay="second", recipients=("d@example.org",))


def test_without_waiting_it_is_under_way(api, begun: Begun):
    """202 with the id; nobody waited."""
    begun.over = False
    answer = api.post("/doctor", {"wait": False})
    assert answer.status == 202
    assert (answer.json["state"], answer.json["ok"]) == ("running", None)
    assert begun.waited == []
    api.get(f"/doctor/{answer.json['id']}/report").problem(409, "config.conflict")


@pytest.mark.parametrize(
    "body",
    [
        {"relay": "smtp", "host": "mail.example.org"},
        {"port": 25},
        {"encryption": "smtps"},
        {"user": "u"},
        {"password": PASSWORD},
        {"relais": "smtp"},
        {"encryption": "tls", "host": "mail.example.org"},
        {"host": "mail.example.org", "port": "x"},
        {"password": 17},
        [],
    ],
)
def test_what_says_two_things_or_none_is_refused(body: Any, api, begun: Begun):
    """No walk begins, and what was sent as a password is not repeated."""
    document = api.post("/doctor", body).problem(422, "input.invalid")
    assert begun.asked == []
    assert PASSWORD not in str(document)


def test_a_relay_that_is_not_configured(api, configured):
    """404 for a name, 422 where no relay is configured at all."""
    api.post("/doctor", {"relay": "third"}).problem(404, "input.not-found")


def test_without_any_relay(api):
    """The code that is everybody's for it."""
    api.post("/doctor").problem(422, "smtp.not-configured")


def test_a_report_is_text(api):
    """For a ticket."""
    answer = api.get(f"/doctor/{walks.keep()}/report", role=Role.VIEWER)
    assert answer.type == "text/plain; charset=utf-8"
    assert answer.text == "a report\nof two lines"


def test_the_list_comes_in_parts(api):
    """Newest first, a cursor while there is more."""
    ids = [walks.keep(), walks.begin()]
    page = api.get("/doctor?limit=1").json
    assert [(one["id"], one["state"]) for one in page["items"]] == [(ids[1], "running")]
    rest = api.get(f"/doctor?limit=1&cursor={page['next']}").json
    assert [(one["id"], one["ok"]) for one in rest["items"]] == [(ids[0], True)]
    assert rest["next"] is None
    api.get("/doctor?cursor=nothing").problem(404, "input.not-found")
    api.get(f"/doctor/{'0' * 36}").problem(404, "input.not-found")
