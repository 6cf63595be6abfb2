"""A storm with real processes: one mail at once, digests for the rest, and the numbers add up."""

from __future__ import annotations

import email
import email.policy
import json
import re
from email.message import EmailMessage
from pathlib import Path

from manager import Program, document_of, wait_until

COUNT = 4_300
HEADLINE = re.compile(r"^([0-9,]+) alarms, the gravest first\.$", re.MULTILINE)
MORE = re.compile(r"^ +and ([0-9,]+) more$", re.MULTILINE)
ROW = re.compile(r"^  major  .*  a storm: ", re.MULTILINE)


def mails(inbox: str) -> list[EmailMessage]:
    """The mails that arrived."""
    found = []
    for path in sorted(Path(inbox).glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def text_of(mail: EmailMessage) -> str:
    """The text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def number(text: str) -> int:
    """A number as it is written for people."""
    return int(text.replace(",", ""))


def told_by(mail: EmailMessage) -> int:
    """How many alarms a mail says that it tells: its headline, and its rows and the rest."""
    text = text_of(mail)
    headline = HEADLINE.search(text)
    if headline is None:
        return 1
    told = number(headline[1])
    more = MORE.search(text)
    assert len(ROW.findall(text)) + (number(more[1]) if more else 0) == told
    return told


def storm(count: int) -> str:
    """So many different alarms of one type."""
    return json.dumps(
        [
            {
                "type": "a storm",
                "severity": "major",
                "source_host": {"ip": f"10.0.{place // 250}.{place % 250 + 1}"},
                "target_host": {"ip": "198.51.100.7", "port": 22},
            }
            for place in range(count)
        ]
    )


def document(relay: dict, **settings) -> dict:
    """The document of a relay with one action that is so."""
    action = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}
    return document_of(relay, actions=[{**action, **settings}])


def test_a_storm_is_one_mail_and_digests(program: Program):
    """4,300 alarms: the mails' own words add up to them exactly, and why names the digest."""
    relay = program.rehearse("--no-signatures")
    program.apply(document(relay, group={"by": ["type"], "window_s": 10}))
    program.up()
    results = program.json("alarm", "send", "-", text=storm(COUNT))
    assert all(one["ok"] for one in results)
    inbox = relay["inbox"]
    wait_until(lambda: sum(map(told_by, mails(inbox))) >= COUNT, "the whole storm")
    arrived = mails(inbox)
    numbers = sorted(map(told_by, arrived))
    assert sum(numbers) == COUNT
    assert numbers[0] == 1
    # Each window that the storm reached into has one; a slow machine needs more windows.
    assert 2 <= len(numbers) < 100
    wait_until(
        lambda: all(one["state"] == "delivered" for one in program.json("deliveries")),
        "the outcomes",
    )
    deliveries = program.json("deliveries")
    assert sorted(one["told"] for one in deliveries) == numbers
    manners = set()
    for one in (results[0], results[-1]):
        (transition,) = program.json("why", one["id"])["transitions"]
        (told,) = transition["told"]
        manners.add((told["manner"], told["others"] > 0))
    assert manners == {("alone", False), ("digest", True)}


def test_a_ceiling_holds(program: Program):
    """Two mails an hour: two alarms are mailed, and all the others wait in one digest."""
    relay = program.rehearse("--no-signatures")
    program.apply(document(relay, max_mails_per_hour=2))
    program.up()
    results = program.json("alarm", "send", "-", text=storm(500))
    assert all(one["ok"] for one in results)
    inbox = relay["inbox"]

    def gathered() -> int:
        return sum(one["told"] for one in program.json("deliveries"))

    wait_until(lambda: gathered() == 500, "the decisions")
    wait_until(
        lambda: len(program.json("deliveries", "--state", "delivered")) == 2, "the two mails"
    )
    deliveries = program.json("deliveries")
    assert sorted((one["state"], one["told"]) for one in deliveries) == [
        ("delivered", 1),
        ("delivered", 1),
        ("held", 498),
    ]
    (digest,) = program.json("deliveries", "--state", "held")
    assert digest["hold"] == "gathering"
    assert [told_by(one) for one in mails(inbox)] == [1, 1]
    # A person need not wait for it.
    program.run("delivery", "retry", digest["id"])
    wait_until(lambda: len(mails(inbox)) == 3, "the digest")
    assert sorted(map(told_by, mails(inbox))) == [1, 1, 498]
