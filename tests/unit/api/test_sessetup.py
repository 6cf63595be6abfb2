"""``/api/v1/ses/setup``: what is taken, and what is told before anybody is asked."""

from __future__ import annotations

import pytest

from tocsin.base.secret import Secret
from tocsin.engine import configuration
from tocsin.ses.password import derive

USER = "AKIAIOSFODNN7EXAMPLE"
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PASSWORD = derive(Secret(KEY), "eu-west-1").reveal()
BY_HAND = {"region": "eu-west-1", "user": USER, "password": PASSWORD}
MAIL = {"from": "tocsin@example.com", "to": ["soc@example.com"]}
PATHS = ("/ses/setup/look", "/ses/setup")


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may be asked anything."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("somebody was asked")

    for name in ("collect", "ask", "try_sign_in"):
        monkeypatch.setattr(f"tocsin.engine.setup.look.{name}", refuse)


def body_for(path: str, **said: object) -> dict[str, object]:
    """The body of that path; None takes a field away."""
    whole = {**BY_HAND, **(MAIL if path == "/ses/setup" else {}), **said}
    return {name: value for name, value in whole.items() if value is not None}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"region": "eu-west-9"}, "region"),
        ({"region": None}, "region"),
        ({"user": None}, "user"),
        ({"access_key": USER, "secret_key": KEY}, "user"),
        ({"password": ""}, "password"),
        ({"password": 7}, "password"),
        ({"keep_key": True}, "keep_key"),
        ({"create_user": "tocsin"}, "create_user"),
        ({"user": None, "password": None, "access_key": USER}, "secret_key"),
        (
            {"user": None, "password": None, "access_key": USER, "secret_key": KEY}
            | {"create_user": "a b"},
            "create_user",
        ),
        ({"encryption": "none"}, "encryption"),
        ({"port": 26}, "port"),
        ({"pasword": "x"}, "pasword"),
    ],
)
def test_a_field_that_cannot_be_is_named(api, path, said, field):
    """422 with the field; no secret is repeated."""
    answer = api.post(path, body_for(path, **said))
    document = answer.problem(422, "input.invalid")
    assert [one["field"] for one in document["errors"]] == [field]
    assert PASSWORD not in answer.text
    assert KEY not in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_shape_is_an_answer(api, path):
    """The look and the setup tell it by its code; nothing is changed."""
    answer = api.post(path, body_for(path, password=KEY))
    assert answer.status == 200
    proposal = answer.json if path == PATHS[0] else answer.json["proposal"]
    assert [one["code"] for one in proposal["shape"]] == ["auth.secret-not-smtp-password"]
    assert proposal["collection"] is None
    assert KEY not in answer.text
    if path == PATHS[1]:
        assert (answer.json["ok"], answer.json["applied"]) == (False, None)
        assert "shape" in answer.json["problem"]
    assert configuration.current_number() == 0


@pytest.mark.parametrize(
    ("said", "field"), [({"from": None}, "from"), ({"to": None}, "to"), ({"to": []}, "to")]
)
def test_what_is_to_be_made_is_asked_for(api, said, field):
    """Sender and recipients are no part of the look, and needed for the setup."""
    document = api.post("/ses/setup", body_for("/ses/setup", **said)).problem(422, "input.invalid")
    assert [one["field"] for one in document["errors"]] == [field]


def test_secrets_are_written_only(api):
    """The description says that they are never given back."""
    schemas = api.get("/openapi.json").json["components"]["schemas"]
    for name in ("SesSetup", "SesSetupLook"):
        for field in ("password", "secret_key"):
            said = schemas[name]["properties"][field]
            assert any(one.get("writeOnly") for one in said["anyOf"]), said
