"""SIGTERM to the responder: what is under way is finished. For kill -9, see test_everything."""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from pathlib import Path

from manager import Program, alarms, document_of, wait_until


def message_ids(inbox: Path) -> Counter[str]:
    """How often each Message-ID of ours arrived."""
    found: Counter[str] = Counter()
    pattern = re.compile(rb"X-Rehearsal-Original-Message-ID: (<[^>]+>)", re.IGNORECASE)
    for path in inbox.glob("*.eml"):
        match = pattern.search(path.read_bytes())
        assert match is not None, path
        found[match[1].decode()] += 1
    return found


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
