"""The account behind the endpoint: who may sign in, and which mails it may send.

SES judges the envelope's syntax at MAIL and RCPT, and everything else at the end of DATA
(SES developer guide, "Amazon SES SMTP issues"; transcripts). One recipient that fails the
check refuses the whole message.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tocsin.base.clock import SYSTEM_CLOCK, Clock
from tocsin.base.secret import Secret
from tocsin.rehearsal import words
from tocsin.rehearsal.field import Field, field_values, find_fault
from tocsin.rehearsal.identity import Identities, is_simulator
from tocsin.rehearsal.mailbox import read_addresses
from tocsin.rehearsal.scram import ScramServer
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.rehearsal.submission import Submission
from tocsin.rehearsal.throttle import DailyQuota, RateLimit
from tocsin.ses.password import derive, derive_outdated

MOST_RECIPIENTS = 50
"""Of one message (SES developer guide, "quotas")."""

_CONFIGURATION_SET = b"x-ses-configuration-set"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What became of an AUTH: the reply, and whether the password is of the outdated form."""

    reply: bytes
    outdated_password: bool = False

    @property
    def granted(self) -> bool:
        """The client is signed in."""
        return self.reply == words.SIGNED_IN


class Account:
    """One account in one region."""

    def __init__(
        self, settings: RehearsalSettings, user: str, secret: Secret, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self.user = user
        self.password = derive(secret, settings.region)
        self.identities = Identities(settings.identities)
        self._outdated = derive_outdated(secret)
        self._settings = settings
        self._rate = RateLimit(settings.max_send_rate, clock)
        self._quota = DailyQuota(settings.max_24_hour_send, clock)

    def sign_in(self, user: str, password: str) -> SignIn:
        """Check what AUTH gave. Wrong user, secret and region cannot be told apart, as at SES."""
        settings = self._settings
        if not settings.sign_in_available:
            return SignIn(words.SIGN_IN_UNAVAILABLE)
        if not settings.subscribed:
            return SignIn(words.NOT_SUBSCRIBED)
        if settings.key_active and _equal(user, self.user):
            if _equal(password, self.password.reveal()):
                return SignIn(words.SIGNED_IN, settings.password_outdated)
            if _equal(password, self._outdated.reveal()):
                return SignIn(words.SIGNED_IN, outdated_password=True)
        return SignIn(words.BAD_CREDENTIALS)

    def make_scram(self) -> ScramServer:
        """For one sign-in in which the password is not said."""
        return ScramServer(self.user, self.password, honest=self._settings.proves_itself)

    def judge(self, submission: Submission, fields: Sequence[Field]) -> bytes | None:
        """The reply that refuses the message; None when it may pass."""
        settings = self._settings
        if not settings.service_available:
            return words.TEMPORARY
        if settings.sending_paused:
            return words.PAUSED
        if submission.size > settings.max_message_bytes:
            return words.TOO_LONG
        if len(submission.recipients) > MOST_RECIPIENTS:
            return words.recipient_count(MOST_RECIPIENTS)
        if settings.refuses_content:
            return words.CONTENT_REJECTED
        complaint = find_fault(fields)
        if complaint is not None:
            return words.transaction_failed(complaint)
        return (
            self._judge_configuration_set(fields)
            or self._judge_identities(submission, fields)
            or self._judge_rights(submission)
            or self._judge_recipients(submission)
            or self._judge_volume(submission)
        )

    def count(self, submission: Submission) -> None:
        """The message has passed."""
        self._rate.count(len(submission.recipients))
        self._quota.count(_counted(submission))

    def _judge_configuration_set(self, fields: Sequence[Field]) -> bytes | None:
        named = next(field_values(fields, _CONFIGURATION_SET), None)
        name = named or self._settings.default_configuration_set
        if name and name not in self._settings.configuration_sets:
            return words.configuration_set_missing(name)
        return None

    def _judge_identities(self, submission: Submission, fields: Sequence[Field]) -> bytes | None:
        failed: dict[str, str] = {}
        for address, shown in _senders(submission, fields):
            if not self.identities.cover(address):
                failed.setdefault(address.lower(), shown)
        if self._settings.sandbox:
            for address in submission.recipients:
                if not is_simulator(address) and not self.identities.cover(address):
                    failed.setdefault(address.lower(), address)
        if failed:
            return words.not_verified(self._settings.region, failed.values())
        return None

    def _judge_rights(self, submission: Submission) -> bytes | None:
        if self._settings.access_denied:
            domain = self.identities.signing_domain(submission.sender)
            return words.access_denied(self._settings.region, domain or submission.sender)
        if self._settings.mail_from_broken:
            return words.MAIL_FROM_BROKEN
        return None

    def _judge_recipients(self, submission: Submission) -> bytes | None:
        told = (one for one in submission.recipients if not is_simulator(one))
        return words.SUPPRESSED if self._settings.suppressed and any(told) else None

    def _judge_volume(self, submission: Submission) -> bytes | None:
        if submission.outdated_password:
            return words.OUTDATED_PASSWORD
        if self._quota.is_exceeded_by(_counted(submission)):
            return words.QUOTA
        return words.RATE if self._rate.is_exceeded() else None


def _senders(submission: Submission, fields: Sequence[Field]) -> Iterator[tuple[str, str]]:
    """Every address that must be a verified identity, and how SES would show it."""
    yield submission.sender, submission.sender
    for name in (b"from", b"sender", b"return-path"):
        for value in field_values(fields, name):
            for display, address in read_addresses(value):
                yield address, f'"{display}" <{address}>' if display else address


def _counted(submission: Submission) -> int:
    """Recipients that the daily quota counts; the simulator's it does not."""
    return sum(not is_simulator(each) for each in submission.recipients)


def _equal(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())
