"""The account at Amazon SES as far as the key may see it: each call a function of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from tocsin.base.clock import Instant, from_datetime
from tocsin.ses.aws import Aws, NotAllowed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """GetAccount. `enforcement`: HEALTHY, PROBATION or SHUTDOWN; rates are recipients."""

    production_access: bool
    sending_enabled: bool
    enforcement: str | None
    max_24_hour_send: float | None
    max_send_rate: float | None
    sent_last_24_hours: float | None
    suppressed_reasons: tuple[str, ...]
    """What puts a recipient on the account's suppression list: BOUNCE, COMPLAINT."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One of ListEmailIdentities. `kind`: EMAIL_ADDRESS, DOMAIN or MANAGED_DOMAIN."""

    name: str
    kind: str
    sending_enabled: bool
    verification: str | None
    """PENDING, SUCCESS, FAILED, TEMPORARY_FAILURE or NOT_STARTED."""


@dataclass(frozen=True, slots=True)
class IdentityDetail:
    """GetEmailIdentity."""

    name: str
    verified: bool
    verification: str | None
    dkim: str | None
    dkim_tokens: tuple[str, ...]
    mail_from: str | None
    mail_from_status: str | None
    mail_from_failure: str | None
    """What SES does while its MX record is missing: USE_DEFAULT_VALUE, REJECT_MESSAGE."""
    configuration_set: str | None
    """The one that messages of this identity get without naming any."""
    error: str | None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A recipient that the account sends nothing to. `reason`: BOUNCE or COMPLAINT."""

    address: str
    reason: str
    since: Instant


@dataclass(frozen=True, slots=True)
class Rates:
    """Bounces and complaints of the last two weeks, as GetSendStatistics counts them."""

    attempts: int
    bounces: int
    complaints: int
    rejects: int

    @property
    def bounce_rate(self) -> float | None:
        """Share of all attempts; SES looks into it at 0.05, and may pause at 0.10."""
        return self.bounces / self.attempts if self.attempts else None

    @property
    def complaint_rate(self) -> float | None:
        """Share of all attempts; SES looks into it at 0.001, and may pause at 0.005."""
        return self.complaints / self.attempts if self.attempts else None


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the key may see; what it may not is None, and `missing` names the IAM actions."""

    account: Account | None
    identities: tuple[Identity, ...] | None
    suppressed: tuple[Suppressed, ...] | None
    rates: Rates | None
    missing: tuple[str, ...]


def account(aws: Aws) -> Account:
    """The account itself. Raises: AwsFailure."""
    said = aws.call("sesv2", "GetAccount")
    quota = said.get("SendQuota", {})
    return Account(
        production_access=bool(said.get("ProductionAccessEnabled", False)),
        sending_enabled=bool(said.get("SendingEnabled", False)),
        enforcement=said.get("EnforcementStatus"),
        max_24_hour_send=quota.get("Max24HourSend"),
        max_send_rate=quota.get("MaxSendRate"),
        sent_last_24_hours=quota.get("SentLast24Hours"),
        suppressed_reasons=tuple(
            said.get("SuppressionAttributes", {}).get("SuppressedReasons", ())
        ),
    )


def identities(aws: Aws) -> tuple[Identity, ...]:
    """Every identity of the region. Raises: AwsFailure."""
    return tuple(
        Identity(
            name=one["IdentityName"],
            kind=one.get("IdentityType", ""),
            sending_enabled=bool(one.get("SendingEnabled", False)),
            verification=one.get("VerificationStatus"),
        )
        for page in aws.pages("sesv2", "ListEmailIdentities", "NextToken", PageSize=1000)
        for one in page.get("EmailIdentities", ())
    )


def identity(aws: Aws, name: str) -> IdentityDetail:
    """What there is to know of one identity. Raises: AwsFailure."""
    said = aws.call("sesv2", "GetEmailIdentity", EmailIdentity=name)
    dkim = said.get("DkimAttributes", {})
    mail_from = said.get("MailFromAttributes", {})
    return IdentityDetail(
        name=name,
        verified=bool(said.get("VerifiedForSendingStatus", False)),
        verification=said.get("VerificationStatus"),
        dkim=dkim.get("Status"),
        dkim_tokens=tuple(dkim.get("Tokens", ())),
        mail_from=mail_from.get("MailFromDomain") or None,
        mail_from_status=mail_from.get("MailFromDomainStatus"),
        mail_from_failure=mail_from.get("BehaviorOnMxFailure"),
        configuration_set=said.get("ConfigurationSetName") or None,
        error=said.get("VerificationInfo", {}).get("ErrorType"),
    )


def suppressed(aws: Aws) -> tuple[Suppressed, ...]:
    """The account's suppression list. Raises: AwsFailure."""
    return tuple(
        Suppressed(one["EmailAddress"], one["Reason"], _instant(one["LastUpdateTime"]))
        for page in aws.pages("sesv2", "ListSuppressedDestinations", "NextToken", PageSize=1000)
        for one in page.get("SuppressedDestinationSummaries", ())
    )


def rates(aws: Aws) -> Rates:
    """What became of the mails of two weeks. Raises: AwsFailure."""
    points = aws.call("ses", "GetSendStatistics").get("SendDataPoints", ())
    return Rates(
        attempts=_sum(points, "DeliveryAttempts"),
        bounces=_sum(points, "Bounces"),
        complaints=_sum(points, "Complaints"),
        rejects=_sum(points, "Rejects"),
    )


def overview(aws: Aws) -> Overview:
    """All of these at once. Raises: AwsFailure, but not for what the key may not see."""
    missing: list[str] = []

    def seen(ask: Callable[[Aws], T]) -> T | None:
        try:
            return ask(aws)
        except NotAllowed as refusal:
            missing.append(refusal.action)
            return None

    return Overview(seen(account), seen(identities), seen(suppressed), seen(rates), tuple(missing))


def _sum(points: Any, name: str) -> int:
    return sum(int(one.get(name, 0)) for one in points)


def _instant(moment: datetime) -> Instant:
    return from_datetime(moment)
