"""The page that explains a log line."""

from __future__ import annotations

from django.test import Client

from tocsin.domain.principal import Role

LINE = (
    "554 Message rejected: Email address is not verified. The following identities failed the "
    "check in region US-EAST-1: alarm@example.org"
)


def test_the_form_is_there_for_everybody(signed_in, markup) -> None:
    """A viewer may ask; nothing is explained before something was given."""
    page = markup(signed_in(Role.VIEWER).get("/explain").content.decode())
    assert [one["name"] for one in page.all("textarea")] == ["text"]
    assert not [one for one in page.all("section") if "failure" in one.get("class", "")]


def test_a_line_is_explained(admin: Client, markup) -> None:
    """As the failure that every other page shows, with code, cause, fix and facts."""
    page = markup(admin.post("/explain", {"text": LINE}).content.decode())
    assert "alarm@example.org is not a verified identity in us-east-1" in page.text
    assert "ses.identity-not-verified" in page.text
    assert "Set From Email" in page.text
    assert "ses.sandbox-recipient" in page.text
    failures = [one for one in page.all("section") if "failure" in one.get("class", "")]
    assert len(failures) == 1


def test_several_faults_are_several_failures(admin: Client, markup) -> None:
    """One below the other, and the text stays in the form."""
    text = f"535 Authentication Credentials Invalid\n{LINE}"
    answer = admin.post("/explain", {"text": text}).content.decode()
    failures = [one for one in markup(answer).all("section") if "failure" in one.get("class", "")]
    assert len(failures) == 2
    assert "535 Authentication Credentials Invalid" in answer


def test_what_is_not_known_says_what_to_collect(admin: Client) -> None:
    """An answer, and no guess."""
    answer = admin.post("/explain", {"text": "all is quiet"})
    assert answer.status_code == 200
    assert "tocsin certs collect" in answer.content.decode()


def test_nothing_given(admin: Client) -> None:
    """The form says so."""
    answer = admin.post("/explain", {"text": "  "})
    assert answer.status_code == 422
    assert "Nothing was entered." in answer.content.decode()


def test_no_secret_comes_back(admin: Client) -> None:
    """Not even into the form."""
    hidden = "AGFsYXJtAHMzY3JldHMzY3JldA=="
    answer = admin.post("/explain", {"text": f"AUTH PLAIN {hidden}\n535 5.7.8 no"})
    assert hidden not in answer.content.decode()


def test_markup_in_a_line_is_text(admin: Client) -> None:
    """A hostile line does nothing on the page."""
    hostile = '535 5.7.8 <script>alert(1)</script></textarea><img src=x onerror="x">'
    page = admin.post("/explain", {"text": hostile}).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
