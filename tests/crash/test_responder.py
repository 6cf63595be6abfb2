"""kill -9 of the responder: nothing accepted is lost, what may be twice is marked."""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections import Counter
from pathlib import Path

from manager import Program, alarms, document_of, wait_until

ROUNDS = 20
MAILS = 2000


def message_ids(inbox: Path) -> Counter[str]:
    """How often each Message-ID of ours arrived."""
    found: Counter[str] = Counter()
    pattern = re.compile(rb"X-Rehearsal-Original-Message-ID: (<[^>]+>)", re.IGNORECASE)
    for path in inbox.glob("*.eml"):
        match = pattern.search(path.read_bytes())
        assert match is not None, path
        found[match[1].decode()] += 1
    return found


def test_every_mail_arrives_and_a_second_copy_is_marked(program: Program):
    """Killed twenty times at random moments while 2,000 mails are under way."""
    relay = program.rehearse("--no-signatures")
    program.apply(document_of(relay))
    dice = random.Random(int(os.environ.get("TOCSIN_SOAK", "20261124")))
    share = MAILS // ROUNDS
    for round_ in range(ROUNDS):
        batch = json.dumps(alarms(share, f"round {round_} alarm"))
        results = program.json("alarm", "send", "-", text=batch)
        assert all(one["ok"] for one in results)
        responder = program.start("responder")
        time.sleep(dice.uniform(0.6, 1.4))
        responder.kill()
        responder.wait()
    inbox = Path(relay["inbox"])
    program.start("responder")
    wait_until(lambda: len(message_ids(inbox)) >= MAILS, "every mail", 120)

    def settled() -> bool:
        return not program.json("deliveries", "--state", "sending") and not program.json(
            "deliveries", "--state", "retrying"
        )

    wait_until(settled, "every outcome", 60)
    deliveries = program.json("deliveries")
    arrived = message_ids(inbox)
    assert len(deliveries) == MAILS
    assert {one["state"] for one in deliveries} == {"delivered"}
    assert set(arrived) == {one["message_id"] for one in deliveries}
    marked = {one["message_id"] for one in deliveries if one["maybe_twice"]}
    twice = {id_ for id_, count in arrived.items() if count > 1}
    assert twice <= marked
    assert max(arrived.values()) <= 1 + max(len(one["attempts"]) for one in deliveries)


def test_a_clean_stop_leaves_nothing_in_doubt(program: Program):
    """SIGTERM in the middle of delivering: what is under way is finished and recorded."""
    relay = program.rehearse("--no-signatures")
    program.apply(document_of(relay))
    dice = random.Random(7)
    for round_ in range(4):
        program.json("alarm", "send", "-", text=json.dumps(alarms(300, f"stop {round_}")))
        responder = program.start("responder")
        words = "configuration taken over"
        wait_until(lambda: program.log("responder").count(words) > round_, "the responder")  # noqa: B023
        time.sleep(dice.uniform(0.0, 0.5))
        responder.terminate()
        assert responder.wait(30) == 0
    program.start("responder")
    inbox = Path(relay["inbox"])
    wait_until(lambda: len(program.json("deliveries", "--state", "delivered")) == 1200, "all")
    assert sum(message_ids(inbox).values()) == 1200
    assert not any(one["maybe_twice"] for one in program.json("deliveries"))
