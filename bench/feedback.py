"""Feedback events a second, parsed, matched and stored on one core, by processor time.

Each round reports ``--events`` events of Amazon SES in the envelope of SNS, as a queue gives
them: of every mail to two recipients a delivery to each, and of one in ten a bounce.

- Tocsin: read, matched by the id of the final 250, folded, stored, 500 in a transaction; and
  10 in a transaction, which is what one call of SQS gives;
- the floor: the same texts through ``json.loads`` twice (envelope and event) and no more;
- the naive way: ``json.loads`` twice, the delivery looked up, its recipients written anew, one
  transaction for each event.

Both stores are files on this disk with the durability of production. What counts is the
processor time of the one process, so that a slow disk or a neighbour does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import run
from comparison import Aim, Comparison

TOCSIN = "Tocsin, parsed and matched"
TENS = "Tocsin, ten in a transaction"
FLOOR = "json.loads alone"
NAIVE = "one update for each event"
AIM = 10_000
_AT_ONCE, _OF_QUEUE = 500, 10


def main() -> int:
    """Run and print; 1 when events were lost or the aim was missed."""
    options = _options()
    with run.folder(options) as folder:
        os.environ["TOCSIN_HOME"] = str(folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.settings"
        import django  # noqa: PLC0415
        from django.core.management import call_command  # noqa: PLC0415

        django.setup()
        call_command("migrate", verbosity=0)
        rounds = [_round(options.events, number) for number in range(options.rounds)]
        stored = _stored()
    aims = [Aim(TOCSIN, NAIVE, 2)]
    print(f"events a second of processor time, {options.events:,} a round")
    compared = Comparison(rounds)
    run.report(options, compared, aims)
    expected = options.rounds * (options.events + 2 * max(5, options.events // 8))
    median = statistics.median(one[TOCSIN] for one in rounds)
    print(f"\n{'reached' if median >= AIM else 'missed'}: {AIM:,} a second on one core")
    if stored != expected:
        print(f"FAILED: {stored:,} receipts for {expected:,} recipients")
        return 1
    return 0 if median >= AIM else 1


def _options() -> argparse.Namespace:
    made = run.parser(__doc__ or "")
    made.add_argument("--events", type=int, default=20_000, help="events a round, an even number")
    return made.parse_args()


def _round(events: int, number: int) -> dict[str, float]:
    fast = [_Mail(number, place) for place in range(events // 2)]
    slow = [_Mail(number + 1_000, place) for place in range(max(1, events // 20))]
    tens = [_Mail(number + 2_000, place) for place in range(max(5, events // 8))]
    _insert([*fast, *slow, *tens])
    texts = [text for one in fast for text in one.texts]
    queued = [text for one in tens for text in one.texts]
    few = [text for one in slow for text in one.texts]
    return {
        TOCSIN: _rate(len(texts), lambda: _take(texts, _AT_ONCE)),
        TENS: _rate(len(queued), lambda: _take(queued, _OF_QUEUE)),
        FLOOR: _rate(len(texts), lambda: _load(texts)),
        NAIVE: _rate(len(few), lambda: _update_each(few)),
    }


def _rate(count: int, work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return count / (time.process_time() - began)


class _Mail:
    """A mail that SES took for two recipients, and what it says of it."""

    def __init__(self, round_: int, place: int) -> None:
        self.id = f"0193{round_:04x}-0000-7000-8000-{place:012x}"
        self.relay_id = f"0102{round_:04x}{place:08x}-{uuid.uuid4()}-000000"
        self.addresses = (f"soc{place}@example.com", f"night{place}@example.com")
        first, second = self.addresses
        bounced = place % 10 == 0
        self.texts = (
            _envelope(_delivered(self.relay_id, first)),
            _envelope((_bounced if bounced else _delivered)(self.relay_id, second)),
        )


def _mail(relay_id: str) -> dict[str, object]:
    headers = [
        {"name": name, "value": "Tocsin <alarms@example.com>"}
        for name in ("From", "To", "Subject", "Message-ID", "Date", "MIME-Version")
    ]
    return {
        "timestamp": "2026-11-24T09:59:58.000Z",
        "messageId": relay_id,
        "source": "alarms@example.com",
        "sourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/example.com",
        "sendingAccountId": "123456789012",
        "destination": ["soc@example.com", "night@example.com"],
        "headersTruncated": False,
        "headers": headers,
        "commonHeaders": {"from": ["alarms@example.com"], "subject": "Major SSH scan"},
        "tags": {"ses:configuration-set": ["tocsin"], "ses:source-ip": ["192.0.2.1"]},
    }


def _delivered(relay_id: str, address: str) -> dict[str, object]:
    return {
        "eventType": "Delivery",
        "mail": _mail(relay_id),
        "delivery": {
            "timestamp": "2026-11-24T10:00:00.000Z",
            "processingTimeMillis": 900,
            "recipients": [address],
            "smtpResponse": "250 2.0.0 OK queued as 4Vxyz",
            "reportingMTA": "a8-70.smtp-out.amazonses.com",
        },
    }


def _bounced(relay_id: str, address: str) -> dict[str, object]:
    recipient = {
        "emailAddress": address,
        "action": "failed",
        "status": "4.2.2",
        "diagnosticCode": "smtp; 452 4.2.2 mailbox full",
    }
    return {
        "eventType": "Bounce",
        "mail": _mail(relay_id),
        "bounce": {
            "bounceType": "Transient",
            "bounceSubType": "MailboxFull",
            "timestamp": "2026-11-24T10:00:00.000Z",
            "bouncedRecipients": [recipient],
        },
    }


def _envelope(event: dict[str, object]) -> str:
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": str(uuid.uuid4()),
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:feedback",
            "Message": json.dumps(event),
            "Timestamp": "2026-11-24T10:00:01.000Z",
            "SignatureVersion": "1",
            "Signature": "A" * 344,
            "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        }
    )


def _insert(mails: list[_Mail]) -> None:
    from django.db import transaction  # noqa: PLC0415

    from tocsin.store.models import Delivery  # noqa: PLC0415
    from tocsin.store.queries import feedback  # noqa: PLC0415

    with transaction.atomic():
        Delivery.objects.bulk_create(
            Delivery(
                id=one.id,
                action="Mail the SOC",
                kind="email",
                configuration=1,
                state="delivered",
                severity=4,
                message_id=f"<{one.id}@example.com>",
                recipients=json.dumps([_pending(address) for address in one.addresses]),
                queued_at=1,
                not_before=1,
                expires_at=2,
                attempts=1,
                maybe_twice=False,
            )
            for one in mails
        )
        feedback.keep_relay_ids((f"250 Ok {one.relay_id}", one.id) for one in mails)


def _pending(address: str) -> dict[str, object]:
    return {"address": address, "state": "accepted", "reply": "250 Ok", "receipt": "none"}


def _take(texts: list[str], at_once: int) -> None:
    from tocsin.engine import feedbackpoll  # noqa: PLC0415
    from tocsin.ses.sqs import QueueMessage  # noqa: PLC0415

    for start in range(0, len(texts), at_once):
        part = texts[start : start + at_once]
        feedbackpoll.store([QueueMessage("1", "h", text) for text in part])


def _load(texts: list[str]) -> None:
    for text in texts:
        json.loads(json.loads(text)["Message"])


def _update_each(texts: list[str]) -> None:
    from django.db import connection, transaction  # noqa: PLC0415

    for text in texts:
        event = json.loads(json.loads(text)["Message"])
        fates = event.get("delivery", {}).get("recipients") or [
            one["emailAddress"] for one in event["bounce"]["bouncedRecipients"]
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT d.id, d.recipients FROM delivery d JOIN relay_message r "
                "ON r.delivery_id = d.id WHERE r.relay_id = %s",
                [event["mail"]["messageId"]],
            )
            id_, recipients = cursor.fetchone()
            known = json.loads(recipients)
            for one in known:
                if one["address"] in fates:
                    one["receipt"] = "arrived" if "delivery" in event else "bounced"
            cursor.execute(
                "UPDATE delivery SET recipients = %s WHERE id = %s", [json.dumps(known), id_]
            )


def _stored() -> int:
    from tocsin.store.models import RecipientReceipt  # noqa: PLC0415

    return RecipientReceipt.objects.count()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    sys.exit(main())
