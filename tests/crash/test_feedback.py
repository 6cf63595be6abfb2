"""kill -9 of the responder while it fetches feedback: nothing is lost, nothing counted twice."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import awsserver
from manager import Program, document_of, wait_until

CALLS = {
    "AmazonSQS.ReceiveMessage": "receive",
    "AmazonSQS.DeleteMessageBatch": "delete",
}


class Queue:
    """A queue that can leave a call without its answer, whoever then comes back for it."""

    def __init__(self) -> None:
        self.messages: dict[str, str] = {}
        """Handle → body of what nobody has deleted."""
        self.given: set[str] = set()
        """Handles of what was given out and is not seen by others."""
        self.silent_at = ""
        self.asked: list[str] = []
        self.receives = 0
        self._lock = threading.Lock()
        self._over = threading.Event()

    def answer(self, call: str, said: dict[str, Any]) -> dict[str, Any] | None:
        """What SQS answers; None after a call that stays without an answer."""
        with self._lock:
            answer = self._received() if call == "receive" else self._deleted(said)
            if call == self.silent_at and answer is not None:
                self.asked.append(call)
        if call == self.silent_at and answer is not None:
            self._over.wait()
            return None
        if answer is None:
            self._over.wait(0.1)  # SQS waits for a message
        return answer or {}

    def _received(self) -> dict[str, Any] | None:
        handles = [one for one in self.messages if one not in self.given]
        if not handles:
            return None
        self.given.update(handles)
        self.receives += 1
        return {
            "Messages": [
                {"MessageId": one, "ReceiptHandle": one, "Body": self.messages[one]}
                for one in handles
            ]
        }

    def _deleted(self, said: dict[str, Any]) -> dict[str, Any]:
        if self.silent_at != "delete":
            for one in said["Entries"]:
                self.messages.pop(one["ReceiptHandle"], None)
        return {"Successful": [{"Id": one["Id"]} for one in said["Entries"]], "Failed": []}

    def forget_given(self, silent_at: str) -> None:
        """Time has passed: what was given out and not deleted is given again."""
        with self._lock:
            self.given.clear()
            self.silent_at = silent_at

    def end(self) -> None:
        """Let go of every call that waits."""
        self._over.set()


@contextlib.contextmanager
def served(queue: Queue) -> Iterator[str]:
    """The queue at an address on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            call = CALLS.get(self.headers.get("X-Amz-Target", ""))
            answer = queue.answer(call, json.loads(body)) if call else None
            with contextlib.suppress(OSError):  # the caller may have been killed
                text = json.dumps(answer).encode() if answer is not None else b""
                self.send_response(200 if answer is not None else 400)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        queue.end()
        server.shutdown()
        server.server_close()


@pytest.fixture
def queue() -> Queue:
    """A queue in which nothing is yet."""
    return Queue()


def test_a_bounce_is_told_once_however_often_it_is_killed(program: Program, queue: Queue):
    """Killed with messages in hand, killed between store and delete; the third takes them."""
    relay = program.rehearse("--no-signatures")
    key = program.folder / "ses.key"
    key.write_text(awsserver.SECRET)
    with served(queue) as url:
        ses = {
            "region": awsserver.REGION,
            "access_key": awsserver.KEY,
            "secret_key_file": str(key),
            "endpoint_url": url,
            "queue": f"{url}/123456789012/tocsin-feedback",
        }
        program.apply(document_of(relay, ses=ses))
        program.json("alarm", "send", "-", text=json.dumps({"source": "ids-1", "type": "Scan"}))
        responder = program.start("responder")
        wait_until(lambda: bool(program.json("deliveries", "--state", "delivered")), "the mail")
        (delivery,) = program.json("deliveries")
        reply = program.json("delivery", "show", delivery["id"])["attempts"][0]["reply"]
        ses_id = reply.split()[-1]
        queue.forget_given("receive")
        for number, said in enumerate(
            (
                awsserver.delivered(ses_id, "soc@example.com"),
                awsserver.bounce(ses_id, "soc@example.com"),
                "no event at all",
            )
        ):
            queue.messages[str(number)] = json.dumps(said) if number < 2 else str(said)
        for silent_at, then in (("receive", "delete"), ("delete", "")):
            wait_until(lambda: silent_at in queue.asked, silent_at)  # noqa: B023
            responder.kill()
            responder.wait()
            queue.forget_given(then)
            responder = program.start("responder")
        wait_until(lambda: not queue.messages, "everything to be deleted")
    assert queue.receives >= 3
    (delivery,) = program.json("deliveries")
    (recipient,) = delivery["recipients"]
    assert (delivery["state"], recipient["receipt"]) == ("delivered", "bounced")
    assert [one["address"] for one in program.json("ses", "flags")] == ["soc@example.com"]
    with contextlib.closing(sqlite3.connect(program.home / "tocsin.db")) as store:
        counted = dict(
            store.execute(
                "SELECT labels, value FROM counter WHERE name = 'tocsin_receipts_total'"
            ).fetchall()
        )
        told = store.execute(
            "SELECT count(*) FROM alarm WHERE type = 'Recipient cannot be reached'"
        ).fetchone()
    assert counted == {'receipt="bounced"': 1}
    assert told == (1,)
