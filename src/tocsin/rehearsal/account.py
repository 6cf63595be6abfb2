"""What the account may send: identities, sandbox, rate and quota, judged as SES does."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import getaddresses

from tocsin.base.clock import DAY, SYSTEM_CLOCK, Clock, Instant
from tocsin.rehearsal.settings import RehearsalSettings

SIMULATOR = "simulator.amazonses.com"
"""Its mailboxes are allowed in the sandbox and count in no quota (SES developer guide,
"Using the mailbox simulator")."""

_ONCE_ONLY = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "message-id",
    "in-reply-to",
    "references",
    "subject",
    "date",
    "content-type",
    "content-transfer-encoding",
    "mime-version",
)
_LONGEST_LIST = 400


@dataclass(slots=True)
class Message:
    """A message as it was handed over, before it is judged."""

    sender: str
    recipients: list[str]
    content: bytes
    connection: str = ""


@dataclass(slots=True)
class Account:
    """The account's rules and what it has used up of them."""

    settings: RehearsalSettings
    clock: Clock = SYSTEM_CLOCK
    _tokens: float = 0.0
    _filled_at: float | None = None
    _sent: deque[tuple[Instant, int]] = field(default_factory=deque)
    _sent_sum: int = 0

    def judge(self, message: Message) -> str | None:
        """The refusal at the end of DATA, or None: the mail is taken and counted."""
        settings = self.settings
        if len(message.content) > settings.max_message_bytes:
            return "552 Message is too long."
        if len(message.recipients) > settings.max_recipients:
            return (
                f"554 Transaction failed: Recipient count exceeds {settings.max_recipients}."
            )
        headers = list(read_headers(message.content))
        return (
            _misbuilt(headers)
            or self._paused()
            or self._configuration_set(headers)
            or self._identities(message, headers)
            or self._quota(message.recipients)
        )

    def _paused(self) -> str | None:
        if not self.settings.sending_paused:
            return None
        return (
            "554 Message rejected: Sending paused for this account. For more information, "
            "please check the inbox of the email address associated with your AWS account."
        )

    def _configuration_set(self, headers: list[tuple[str, str]]) -> str | None:
        for name, value in headers:
            wanted = value.strip()
            if name == "x-ses-configuration-set" and wanted not in self.settings.configuration_sets:
                return (
                    "554 Configuration Set does not exist: "
                    f"Configuration set <{wanted}> does not exist."
                )
        return None

    def _identities(self, message: Message, headers: list[tuple[str, str]]) -> str | None:
        own = [value for name, value in headers if name in {"from", "sender", "return-path"}]
        addresses = [message.sender, *(address for _, address in getaddresses(own) if address)]
        if self.settings.sandbox:
            addresses += [one for one in message.recipients if not _is_simulator(one)]
        failing = [one for one in dict.fromkeys(addresses) if not self.is_verified(one)]
        if not failing:
            return None
        listed = ", ".join(failing)
        if len(listed) > _LONGEST_LIST:
            listed = listed[:_LONGEST_LIST] + "..."
        return (
            "554 Message rejected: Email address is not verified. The following identities "
            f"failed the check in region {self.settings.region.upper()}: {listed}"
        )

    def is_verified(self, address: str) -> bool:
        """Whether the address, its domain, or a domain above that is a verified identity."""
        folded = address.lower()
        domain = folded.rpartition("@")[2]
        for identity in self.settings.identities:
            verified = identity.lower()
            if verified in {folded, domain} or domain.endswith("." + verified):
                return True
        return False

    def _quota(self, recipients: Iterable[str]) -> str | None:
        everybody = list(recipients)
        counted = sum(not _is_simulator(one) for one in everybody)
        now = self.clock.now()
        while self._sent and self._sent[0][0] <= now - DAY:
            self._sent_sum -= self._sent.popleft()[1]
        most = self.settings.max_24_hour_send
        if most is not None and self._sent_sum + counted > most:
            return "454 Throttling failure: Daily message quota exceeded."
        if not self._take_tokens(len(everybody)):
            return "454 Throttling failure: Maximum sending rate exceeded."
        if most is not None:
            self._sent.append((now, counted))
            self._sent_sum += counted
        return None

    def _take_tokens(self, wanted: int) -> bool:
        """A bucket of one second's worth; one large mail may overdraw it, then waits it back."""
        rate = self.settings.max_send_rate
        if rate is None:
            return True
        now = self.clock.monotonic()
        size = max(rate, 1.0)
        if self._filled_at is None:
            self._tokens = size
        else:
            self._tokens = min(size, self._tokens + (now - self._filled_at) * rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= wanted
        return True


def _is_simulator(address: str) -> bool:
    return address.lower().endswith("@" + SIMULATOR)


_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:(.*(?:\r\n[ \t].*)*)\r\n", re.MULTILINE)


def read_headers(content: bytes) -> Iterator[tuple[str, str]]:
    """The header fields as (name in lower case, unfolded value)."""
    head, _, _ = content.partition(b"\r\n\r\n")
    for name, value in _FIELD.findall(head + b"\r\n"):
        unfolded = value.replace(b"\r\n", b"").decode("utf-8", "replace").strip()
        yield name.decode("ascii").lower(), unfolded


def _misbuilt(headers: list[tuple[str, str]]) -> str | None:
    counted = Counter(name for name, _ in headers)
    for name in _ONCE_ONLY:
        if counted[name] > 1:
            shown = "-".join(part.capitalize() for part in name.split("-"))
            shown = {"Message-Id": "Message-ID", "Mime-Version": "MIME-Version"}.get(shown, shown)
            return f"554 Transaction failed: Duplicate header '{shown}'."
    if counted["from"] == 0:
        return "554 Transaction failed: Missing required header 'From'."
    return None
