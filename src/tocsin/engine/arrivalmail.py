"""The canary mail: how it is told from every other, and how one that comes back is known.

It carries a token that only this home can make. A mail without it, or with a token of
another home, is none of ours and never touched.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from functools import lru_cache

from tocsin.base.clock import Instant
from tocsin.base.home import Home
from tocsin.base.ids import uuid7
from tocsin.channels.sample import BARE_ALARM
from tocsin.domain.alarm import Alarm
from tocsin.mail.message import Mail
from tocsin.mail.received.message import ReceivedMessage
from tocsin.store.keys import load_key
from tocsin.store.queries.outgoing import Outgoing

ACTION = "Arrival probe"
"""What stands in place of an action's name at the canary's delivery."""
FIELD = "X-Tocsin-Canary"
_MARK = "tocsin|arrival|canary"
_TOKEN = re.compile(
    r"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\.[0-9a-f]{32}"
)


def sample(at: Instant, relay: str | None) -> Alarm:
    """What the canary's delivery has in place of an alarm; it says which relay is wanted."""
    return replace(
        BARE_ALARM,
        id=uuid7(),
        type=ACTION,
        dedup_key=_MARK,
        received_at=at,
        details="A mail of the arrival probe. Nothing has happened.",
        attributes={} if relay is None else {"relay": relay},
    )


def is_canary(outgoing: Outgoing) -> bool:
    """Whether a delivery is one of the probe's: no alarm of anybody can be one."""
    return outgoing.is_test and outgoing.tellings[0].alarm.dedup_key == _MARK


def relay_of(outgoing: Outgoing) -> str | None:
    """The relay that a canary is to go by; None: the way that mail goes."""
    return outgoing.tellings[0].alarm.attributes.get("relay") if is_canary(outgoing) else None


def canary_mail(outgoing: Outgoing, sender: str) -> Mail:
    """The mail of a canary's delivery."""
    return Mail(
        sender=sender,
        to=tuple(one.address for one in outgoing.recipients),
        subject=f"{ACTION} {outgoing.id}",
        text=_TEXT,
        message_id=outgoing.message_id,
        date=outgoing.queued_at,
        headers={FIELD: (token(outgoing.id),), "X-Auto-Response-Suppress": ("All",)},
    )


_TEXT = (
    "Tocsin sends this mail to itself now and then, to see whether what its mail server "
    "accepts also arrives, and how long that takes.\n\n"
    "It is looked for in this mailbox by a program. Nobody has to read or answer it.\n"
)


def token(id_: str) -> str:
    """The canary's id with a signature that only this home can make."""
    return f"{id_}.{_signature(id_)}"


def id_of(value: str) -> str | None:
    """The id in a token of this home; None for every other text."""
    found = _TOKEN.fullmatch(value)
    return found[1] if found and hmac.compare_digest(token(found[1]), value) else None


def is_token(value: str) -> bool:
    """Whether a text is a token of this home."""
    return id_of(value) is not None


def canary_of(message: ReceivedMessage) -> str | None:
    """The id of the canary that a message is; None for an answer to one, or a copy in another.

    Automatic answers (RFC 3834 section 5), answers of people and reports about mail may
    repeat the field; what merely quotes a canary did not arrive as one.
    """
    values = message.values(FIELD.lower())
    if len(values) != 1:
        return None
    answers = (
        message.first("auto-submitted").lower().startswith("auto-replied")
        or message.values("in-reply-to")
        or message.first("content-type").lower().startswith("multipart/report")
        or message.first("return-path").replace(" ", "") == "<>"
    )
    return None if answers else id_of(values[0].strip())


def _signature(id_: str) -> str:
    path = Home.of_environment().key_file
    key = _key(str(path), path.stat().st_mtime_ns if path.exists() else 0)
    return hmac.new(key, id_.encode(), hashlib.sha256).hexdigest()[:32]


@lru_cache(maxsize=4)
def _key(_path: str, _written_at: int) -> bytes:
    return load_key(Home.of_environment().key_file).derive("arrival canary")
