"""``POST /api/v1/explain``: a log line in, what it means out."""

from __future__ import annotations

import pytest

from tocsin.domain.principal import Role


def test_a_line_is_explained(api):
    """The same document as the command's."""
    answer = api.post("/explain", {"text": "curl: (67) Login denied"}, role=Role.VIEWER)
    assert answer.status == 200
    assert answer.json["known"] is True
    (finding,) = answer.json["findings"]
    assert finding["code"] == "auth.rejected"
    assert finding["facts"]["program"] == "curl"
    assert finding["cause"].endswith(".")
    assert finding["fix"]


def test_what_is_not_known_is_an_answer_too(api):
    """200, because the question was answered: it is not known."""
    answer = api.post("/explain", {"text": "all is quiet"})
    assert answer.status == 200
    assert answer.json["known"] is False
    assert [one["code"] for one in answer.json["findings"]] == ["unknown"]


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": 5}, {"text": "x", "more": 1}, []])
def test_a_wrong_body_is_refused(api, body):
    """The text is wanted, and nothing else."""
    api.post("/explain", body).problem(422, "input.invalid")


def test_a_large_text_is_taken(api):
    """A log of a megabyte is looked at from both ends."""
    text = "all is quiet\n" * 90_000 + "535 Authentication Credentials Invalid"
    assert api.post("/explain", {"text": text}).json["findings"][0]["code"] == "auth.rejected"
