"""Lists: their parts, their conditions, their limits."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest

from tocsin.base.clock import now, rfc3339
from tocsin.engine import access, configuration

SMALL = ("/rules", "/actions", "/trust", "/appliances", "/relays")


def walk(api, path: str) -> tuple[list, list[int]]:
    """Every item of a list in the order it came, and the sizes of its parts."""
    items, sizes, cursor = [], [], ""
    while True:
        answer = api.get(f"{path}{cursor}")
        assert answer.status == 200, answer.text
        page = answer.json
        items += page["items"]
        sizes.append(len(page["items"]))
        if page["next"] is None:
            return items, sizes
        assert len(sizes) < 100
        cursor = f"&cursor={quote(page['next'])}"


@pytest.fixture
def many(api) -> list[str]:
    """Twenty-five alarms of all severities, oldest first."""
    severities = ["critical", "major", "minor", "trivial", "informational"]
    batch = [{"type": f"t{place}", "severity": severities[place % 5]} for place in range(25)]
    return [one["id"] for one in api.post("/alarms", batch).json]


def test_the_newest_come_first_each_exactly_once(api, many):
    """Following the cursor gives every alarm once; alarms that come meanwhile disturb nothing."""
    items, sizes = walk(api, "/alarms?limit=10")
    assert [one["id"] for one in items] == many[::-1]
    assert sizes == [10, 10, 5]
    first = api.get("/alarms?limit=10").json
    api.post("/alarms", {"type": "later"})
    second = api.get(f"/alarms?limit=10&cursor={first['next']}").json
    assert [one["id"] for one in first["items"] + second["items"]] == many[::-1][:20]
    assert first["total"] == 25


def test_by_severity_the_gravest_come_first_each_exactly_once(api, many):
    """The other order pages as truly, also where a part ends within one severity."""
    items, sizes = walk(api, "/alarms?sort=severity&limit=7")
    assert sizes == [7, 7, 7, 4]
    assert sorted(one["id"] for one in items) == sorted(many)
    order = ["critical", "major", "minor", "trivial", "informational"]
    ranks = [order.index(one["severity"]) for one in items]
    assert ranks == sorted(ranks)


def test_a_full_last_part_has_no_next(api, many):
    """When nothing follows, the cursor is null rather than one that leads to an empty part."""
    assert walk(api, "/alarms?limit=5")[1] == [5] * 5
    assert api.get("/alarms?limit=25").json["next"] is None


@pytest.mark.parametrize(
    ("limit", "given"),
    [("0", 1), ("-5", 1), ("1", 1), ("1000", 1000), ("99999999999999999999", 1000)],
)
def test_the_limit_is_kept_between_1_and_1000(limit, given, api):
    """Whatever is asked for, a part has at least one item and at most a thousand."""
    api.post("/alarms", [{"type": f"t{place}"} for place in range(1001)])
    page = api.get(f"/alarms?limit={limit}").json
    assert len(page["items"]) == given
    assert page["next"] is not None
    assert page["total"] == 1001


def test_without_a_limit_fifty_are_given(api, many):
    """The part that is given unless asked otherwise is fifty alarms."""
    api.post("/alarms", [{"type": f"u{place}"} for place in range(40)])
    assert len(api.get("/alarms").json["items"]) == 50


FILTERED = [
    {"type": "SSH scan", "severity": "critical", "category": "Recon", "source": "ids-1",
     "source_host": {"ip": "192.0.2.1"}, "details": "Port 22 of many hosts"},
    {"type": "Data loss", "severity": "major", "category": "Exfiltration", "source": "ids-2",
     "target_host": {"ip": "192.0.2.1"}, "details": "100% up_loaded"},
    {"type": "Odd", "severity": "minor", "source_host": {"ip": "2001:db8::7"}},
    {"type": "Over", "severity": "trivial", "dedup_key": "k"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("", {"SSH scan", "Data loss", "Odd", "Over"}),
        ("severity=critical", {"SSH scan"}),
        ("severity=minor", {"SSH scan", "Data loss", "Odd"}),
        ("severity=informational", {"SSH scan", "Data loss", "Odd", "Over"}),
        ("state=inactive", {"Over"}),
        ("state=active", {"SSH scan", "Data loss", "Odd"}),
        ("type=SSH%20scan", {"SSH scan"}),
        ("type=SSH", set()),
        ("category=Exfiltration", {"Data loss"}),
        ("source=ids-1", {"SSH scan"}),
        ("host=192.0.2.1", {"SSH scan", "Data loss"}),
        ("host=2001:DB8:0::7", {"Odd"}),
        ("host=anything", set()),
        ("acknowledged=true", {"Odd", "Over"}),
        ("acknowledged=false", {"SSH scan", "Data loss"}),
        ("closed=true", {"Over"}),
        ("closed=false&acknowledged=true", {"Odd"}),
        ("text=port", {"SSH scan"}),
        ("text=DATA", {"Data loss"}),
        ("text=100%25", {"Data loss"}),
        ("text=p_l", {"Data loss"}),
        ("severity=major&host=192.0.2.1&category=Recon", {"SSH scan"}),
    ],
)
def test_every_condition_given_must_hold(query, types, api):
    """The conditions of the list of alarms, alone and together; the total counts them."""
    ids = [one["id"] for one in api.post("/alarms", FILTERED).json]
    api.post("/alarms", {**FILTERED[3], "state": "inactive"})
    api.post(f"/alarms/{ids[2]}/acknowledge")
    api.post(f"/alarms/{ids[3]}/close")
    page = api.get(f"/alarms?{query}").json
    assert {one["type"] for one in page["items"]} == types
    assert page["total"] == len(types)


def test_since_goes_by_the_time_of_arrival(api):
    """Alarms are chosen by when they were received, not by what the sensor says of its time."""
    api.post("/alarms", {"type": "early", "started_at": "2099-01-01T00:00:00Z"})
    time.sleep(0.001)
    between = rfc3339(now())
    api.post("/alarms", {"type": "late", "started_at": "2001-01-01T00:00:00Z"})
    page = api.get(f"/alarms?since={between}").json
    assert [one["type"] for one in page["items"]] == ["late"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("severity=bad", "severity"),
        ("state=open", "state"),
        ("limit=ten", "limit"),
        ("acknowledged=perhaps", "acknowledged"),
        ("sort=name", "sort"),
        ("since=yesterday", "since"),
        ("since=2026-11-24T22:00:00", "since"),
        ("sevrity=major", "sevrity"),
        ("type=a%00b", "type"),
        ("text=%00", "text"),
    ],
)
def test_a_wrong_condition_is_refused_by_its_name(query, field, api):
    """422 that names the condition; a mistyped name does not silently list everything."""
    document = api.get(f"/alarms?{query}").problem(422, "input.invalid")
    assert field in document["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/alarms",
        "/alarms?sort=severity",
        "/deliveries",
        "/rules",
        "/actions",
        "/trust",
        "/appliances",
    ],
)
@pytest.mark.parametrize(
    "cursor", ["x", "9:x", "1:", "99999999999999999999:x", "%27%20OR%201=1", "%E2%98%83"]
)
def test_a_cursor_of_no_list_is_refused(path, cursor, api):
    """404, rather than a list that begins anywhere."""
    mark = "&" if "?" in path else "?"
    api.get(f"{path}{mark}cursor={cursor}").problem(404, "input.not-found")


@pytest.mark.parametrize(
    "path",
    ["/rules", "/actions", "/trust", "/appliances", "/deliveries", "/configuration/versions"],
)
def test_each_list_refuses_names_that_it_does_not_take(path, api):
    """Every list knows its conditions."""
    document = api.get(f"{path}?colour=red").problem(422, "input.invalid")
    assert "colour" in document["detail"]


def test_small_lists_come_in_parts_too(api):
    """Rules, actions, certificates and versions page by limit and cursor like the long ones."""
    actions = [
        {"name": f"A/{n} \u00e4", "kind": "email", "to": ["a@example.com"]} for n in range(7)
    ]
    for count in range(1, 8):
        configuration.change(access.LOCAL, {"actions": actions[:count]})
    items, sizes = walk(api, "/actions?limit=3")
    assert [one["name"] for one in items] == [one["name"] for one in actions]
    assert sizes == [3, 3, 1]
    assert len(api.get("/actions").json["items"]) == 7
    items, sizes = walk(api, "/configuration/versions?limit=2")
    assert [one["version"] for one in items] == [7, 6, 5, 4, 3, 2, 1]
    assert sizes == [2, 2, 2, 1]


@pytest.mark.parametrize("cursor", ["0", "-3", "99999999999999999999999999"])
def test_a_cursor_beyond_the_versions_gives_what_is_there(cursor, api, configured):
    """Numbers outside the history are no error."""
    page = api.get(f"/configuration/versions?cursor={cursor}").json
    assert [one["version"] for one in page["items"]] == ([1] if cursor[0] == "9" else [])


def test_deliveries_by_their_conditions(api, reported, delivery):
    """State, action, alarm, code and test narrow the outbox; parts follow each other."""
    one, two = reported(), reported()
    failed = delivery(one, "failed", code="auth.rejected")
    queued = delivery(two, "queued", action="Other")
    test = delivery(two, "delivered", sample='{"type": "Test"}')
    found = {
        query: [item["id"] for item in api.get(f"/deliveries?{query}").json["items"]]
        for query in (
            "", "state=failed", "action=Other", f"alarm={two}", "code=auth.rejected",
            "test=true", "test=false", "state=failed&test=true",
        )
    }  # fmt: skip
    assert found == {
        "": [test, queued, failed],
        "state=failed": [failed],
        "action=Other": [queued],
        f"alarm={two}": [test, queued],
        "code=auth.rejected": [failed],
        "test=true": [test],
        "test=false": [queued, failed],
        "state=failed&test=true": [],
    }
    items, sizes = walk(api, "/deliveries?limit=2")
    assert [item["id"] for item in items] == [test, queued, failed]
    assert sizes == [2, 1]
    assert api.get("/deliveries?limit=1").json["total"] == 3
    api.get("/deliveries?state=sent").problem(422, "input.invalid")
