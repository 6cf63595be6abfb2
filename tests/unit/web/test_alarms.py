"""The alarms page: filters in the address, paging, one alarm beside the list, live by ETag."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tocsin.domain.alarm import AlarmState, Host
from tocsin.domain.severity import Severity
from tocsin.engine import access, alarms

Reported = Callable[..., str]


def text_of(client: Client, path: str, markup) -> str:
    """What the page says."""
    answer = client.get(path)
    assert answer.status_code == 200
    return markup(answer.content.decode()).text


@pytest.fixture
def several(reported: Reported) -> dict[str, str]:
    """Alarms that differ in what can be filtered by."""
    return {
        "grave": reported(
            type="Data leaves", severity=Severity.CRITICAL, details="7 GB to a new host"
        ),
        "mild": reported(
            type="Odd port",
            severity=Severity.MINOR,
            source="ids-2",
            category="Recon",
            source_host=Host(ip="2001:db8::7"),
        ),
    }


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Data leaves", "Odd port"}),
        ("severity=major", {"Data leaves"}),
        ("severity=informational", {"Data leaves", "Odd port"}),
        ("source=ids-2", {"Odd port"}),
        ("type=Odd+port", {"Odd port"}),
        ("category=Recon", {"Odd port"}),
        ("host=2001:db8::7", {"Odd port"}),
        ("host=198.51.100.2", {"Data leaves", "Odd port"}),
        ("text=new+host", {"Data leaves"}),
        ("text=ODD", {"Odd port"}),
        ("text=%25", set()),
        ("text=_", set()),
        ("state=inactive", set()),
        ("closed=no", {"Data leaves", "Odd port"}),
        ("acknowledged=yes", set()),
        ("severity=nonsense&state=%00&host=%00&sort=%00", {"Data leaves", "Odd port"}),
    ],
)
def test_filters_are_in_the_address(query, shown, several, admin: Client, markup):
    """A link holds what is shown; whatever a filter does not know is as if it were not there."""
    text = text_of(admin, f"/?{query}", markup)
    assert {one for one in ("Data leaves", "Odd port") if one in text} == shown


def test_the_gravest_come_first_when_asked(several, admin: Client, markup):
    """Newest first, unless the address asks to sort by severity."""
    newest = text_of(admin, "/", markup)
    gravest = text_of(admin, "/?sort=severity", markup)
    assert newest.index("Odd port") < newest.index("Data leaves")
    assert gravest.index("Data leaves") < gravest.index("Odd port")


def test_long_lists_come_in_parts(reported: Reported, admin: Client, markup):
    """50 rows and the count of all; following "more" shows each of the rest once."""
    ids = {reported(type="storm", target_host=Host(port=port)) for port in range(120)}
    seen: list[str] = []
    path = "/?type=storm&severity=informational"
    for expected in (50, 50, 20):
        page = markup(admin.get(path).content.decode())
        assert "120" in page.text
        links = [one.get("href", "") for one in page.all("a")]
        rows = {link.split("?")[0] for link in links if link.startswith("/alarms/")}
        assert len(rows) == expected
        seen += rows
        onward = [link for link in links if "cursor=" in link]
        assert len(set(onward)) == (1 if len(seen) < 120 else 0)
        if onward:
            assert "type=storm" in onward[0]
            assert "severity=informational" in onward[0]
            path = onward[0] if onward[0].startswith("/") else f"/{onward[0]}"
    assert {one.removeprefix("/alarms/") for one in seen} == ids


@pytest.mark.parametrize("cursor", ["x", "5", "5:", ":x", "99999999999999999999:1", "%00"])
def test_a_made_up_place_in_the_list_breaks_nothing(cursor, several, admin: Client):
    """Whatever stands as cursor in an address, the answer is a page."""
    for sort in ("", "severity"):
        assert admin.get(f"/?sort={sort}&cursor={cursor}").status_code in {200, 404}


def test_one_alarm_stands_beside_the_list(several, admin: Client, markup):
    """The address of an alarm shows both; asked for by htmx it is the alarm alone."""
    path = f"/alarms/{several['grave']}?severity=minor"
    whole = admin.get(path).content.decode()
    part = admin.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "Odd port" in markup(whole).text
    assert "7 GB to a new host" in markup(whole).text
    assert "<html" in whole
    assert "7 GB to a new host" in markup(part).text
    assert "Odd port" not in markup(part).text
    assert "<html" not in part


def test_all_that_is_known_of_an_alarm_is_shown(reported: Reported, admin: Client, markup):
    """Every field of a full alarm stands on its page."""
    said = {
        "type": "Full alarm",
        "category": "Exfiltration",
        "details": "what was seen",
        "url": "https://sensor.example.com/42",
        "protocol": "TCP",
        "dedup_key": "a key of its own",
        "source_host": Host(
            "192.0.2.3", 4711, "pc.example.com", "00:00:5e:00:53:01", "mia", ("A",)
        ),
        "target_host": Host("198.51.100.4", 443, "web.example.com"),
        "attributes": {"signature_id": "2001219"},
    }
    text = text_of(admin, f"/alarms/{reported(**said)}", markup)
    for words in (
        *("Full alarm", "Exfiltration", "what was seen", "https://sensor.example.com/42", "TCP"),
        *("a key of its own", "192.0.2.3", "4711", "pc.example.com", "00:00:5e:00:53:01", "mia"),
        *("198.51.100.4", "443", "web.example.com", "signature_id", "2001219", "ids-1"),
    ):
        assert words in text


def test_an_alarm_says_why_nobody_was_told(scene, admin: Client, markup):
    """The rule that was asked, and what became of the delivery, stand beside the alarm."""
    text = text_of(admin, f"/alarms/{scene.alarm}", markup)
    assert "Everything" in text
    assert "Mail the SOC" in text


def test_acknowledging_and_closing(several, admin: Client, markup):
    """What somebody did stands there with their name, and can be filtered by."""
    admin.post(f"/alarms/{several['grave']}/acknowledge?severity=minor")
    assert "Data leaves" in text_of(admin, "/?acknowledged=yes", markup)
    answer = admin.post(f"/alarms/{several['grave']}/close?severity=minor")
    assert answer["Location"] == f"/alarms/{several['grave']}?severity=minor"
    assert "Data leaves" in text_of(admin, "/?closed=yes", markup)
    assert "administrator" in text_of(admin, f"/alarms/{several['grave']}", markup)
    view = alarms.get_alarm(access.LOCAL, several["grave"])
    assert view.closed_by == "administrator"


@pytest.mark.parametrize("what", ["acknowledge", "close"])
def test_looking_changes_nothing(what, several, admin: Client):
    """A link, or a page that is fetched ahead, cannot acknowledge or close."""
    assert admin.get(f"/alarms/{several['mild']}/{what}").status_code == 405
    assert alarms.get_alarm(access.LOCAL, several["mild"]).acknowledged_at is None


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_nothing_new_costs_almost_nothing(encoding, several, admin: Client, reported: Reported):
    """A poll with the mark of the page is answered 304 until something changes."""
    headers = {"accept-encoding": encoding, "HX-Request": "true"}
    admin.get("/")  # brings the cookies that go into the mark
    mark = admin.get("/", headers=headers)["ETag"]
    again = admin.get("/", headers={**headers, "if-none-match": mark})
    assert again.status_code == 304
    assert again.content == b""
    reported(type="news")
    assert admin.get("/", headers={**headers, "if-none-match": mark}).status_code == 200


def test_the_mark_follows_everything_that_shows(several, admin: Client, reported: Reported):
    """Acknowledging, closing, a count that rises and an alarm that ends all make a new mark."""

    def mark() -> str:
        return str(admin.get("/")["ETag"])

    marks = [mark()]
    admin.post(f"/alarms/{several['grave']}/acknowledge")
    marks.append(mark())
    admin.post(f"/alarms/{several['grave']}/close")
    marks.append(mark())
    reported(type="Odd port", source="ids-2", source_host=Host(ip="2001:db8::7"))
    marks.append(mark())
    reported(
        type="Odd port",
        source="ids-2",
        source_host=Host(ip="2001:db8::7"),
        state=AlarmState.INACTIVE,
    )
    marks.append(mark())
    assert len(set(marks)) == len(marks)


def test_nobody_is_given_the_mark_of_somebody_else(several, admin: Client, signed_in):
    """A mark of one person's page is not valid for another's: they may see other buttons."""
    from tocsin.domain.principal import Role

    mark = admin.get("/")["ETag"]
    viewer = signed_in(Role.VIEWER)
    assert viewer.get("/", headers={"if-none-match": mark}).status_code == 200


def test_the_empty_page_teaches(admin: Client, markup):
    """With no alarm yet, the page says what belongs here and the command that brings one."""
    text = text_of(admin, "/", markup)
    assert "tocsin alarm send" in text


def test_an_alarm_that_is_not_there(admin: Client):
    """An unknown id is a page that says so, whatever the id looks like."""
    for id_ in ("00000000-0000-7000-8000-000000000000", "x", "%3Cscript%3E", "..%2F.."):
        answer = admin.get(f"/alarms/{id_}")
        assert answer.status_code == 404
        assert b"<script>" not in answer.content
