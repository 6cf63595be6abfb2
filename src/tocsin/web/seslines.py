"""What is known of an account at Amazon SES, line by line, each with a state and its word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.template.defaultfilters import floatformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tocsin.base.clock import DAY
from tocsin.domain.severity import Severity
from tocsin.engine.relayhealth import RelayHealth
from tocsin.engine.sesaccount import AccountStatus
from tocsin.ses.account import Account, Rates
from tocsin.ses.concern import Kind
from tocsin.ses.keys import KeySeen, KeyUse
from tocsin.ses.seen import Seen, Sender


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is about, its state, what is known."""

    name: str
    look: str
    """Which look its state has: good, warn, bad or idle."""
    state: str
    text: str = ""


def of_relay(health: RelayHealth) -> tuple[Line, ...]:
    """The lines on a relay's card; none where its mail goes into no account."""
    status = health.ses
    if status is None or not status.can_ask:
        return ()
    return (*_limits(health), *of_account(status, health.name))


def of_account(status: AccountStatus, relay: str | None = None) -> tuple[Line, ...]:
    """The lines of the account; with `relay`, what is another relay's own is left out."""
    return (*_asking(status), *(_Teller(status, relay).lines() if status.seen else ()))


def _limits(health: RelayHealth) -> Iterator[Line]:
    """Where rate and quota that are kept to come from."""
    account = health.account
    if account.max_send_rate is not None and health.rate_set is None:
        rate = _("%(rate)s recipients a second, since none is set") % {
            "rate": floatformat(account.max_send_rate)
        }
        yield Line(_("Rate kept to"), "idle", _("from Amazon SES"), rate)
    if account.max_24_hour_send is not None and not health.quota_set:
        quota = _("%(quota)s recipients in 24 hours; others sent to %(others)s of them") % {
            "quota": number_format(account.max_24_hour_send),
            "others": number_format(account.sent_by_others),
        }
        yield Line(_("Quota kept to"), "idle", _("from Amazon SES"), quota)
    if health.rate_set is not None or health.quota_set:
        yield Line(_("Limits in force"), "idle", _("set"), _("what is set goes before the account"))


def _asking(status: AccountStatus) -> Iterator[Line]:
    if status.failure is not None:
        look = "bad" if status.failing else "warn"
        yield Line(_("Account"), look, _("cannot be asked"))
    elif status.seen is None:
        yield Line(_("Account"), "idle", _("not seen yet"))


class _Teller:
    """Makes the lines of one look."""

    def __init__(self, status: AccountStatus, relay: str | None) -> None:
        assert status.seen is not None
        self._status = status
        self._seen: Seen = status.seen
        self._relay = relay
        self._worst: dict[tuple[Kind, str], Severity] = {
            (one.concern.kind, one.concern.subject): one.concern.severity for one in status.concerns
        }

    def lines(self) -> Iterator[Line]:
        """All of them."""
        seen = self._seen
        if seen.account is None:
            yield _unseen(_("Account"))
        else:
            yield from self._account(seen.account)
        yield from self._rates(seen.rates)
        if seen.senders is None:
            yield _unseen(_("Identity"))
        for sender in seen.senders or ():
            if self._relay in {None, sender.relay}:
                yield from self._sender(sender)
        for key in seen.keys:
            if self._relay is None or key.relay in {"", self._relay}:
                yield self._key(key)
        yield self._suppression()

    def _look(self, kind: Kind, subject: str) -> str:
        severity = self._worst.get((kind, subject))
        if severity is None:
            return "good"
        return "bad" if severity.rank >= Severity.MAJOR.rank else "warn"

    def _account(self, account: Account) -> Iterator[Line]:
        region = self._seen.region
        stopped = self._look(Kind.SENDING, region)
        review = self._look(Kind.REVIEW, region)
        state = _("sends") if stopped == "good" else _("takes no mail")
        where = _("in production") if account.production_access else _("in the sandbox")
        yield Line(_("Account"), stopped, state, where)
        if review != "good":
            yield Line(_("Review"), review, _("under review by Amazon"))
        refused = self._seen.refused
        if refused:
            words = ngettext(
                "%(total)s recipient is not verified",
                "%(total)s recipients are not verified",
                len(refused),
            ) % {"total": len(refused)}
            yield Line(_("Sandbox"), "bad", _("refuses recipients"), words)
        yield self._quota(account)

    def _quota(self, account: Account) -> Line:
        name, sent, quota = _("Quota"), account.sent_last_24_hours, account.max_24_hour_send
        if sent is None or quota is None:
            return _unseen(name)
        if quota <= 0:
            return Line(name, "good", _("no limit"))
        look = self._look(Kind.QUOTA, self._seen.region)
        state = _("room") if look == "good" else _("nearly used up")
        words = _("%(sent)s of %(quota)s recipients in 24 hours; %(ours)s of them by Tocsin") % {
            "sent": number_format(round(sent)),
            "quota": number_format(round(quota)),
            "ours": number_format(self._status.sent_by_us),
        }
        return Line(name, look, state, words)

    def _rates(self, rates: Rates | None) -> Iterator[Line]:
        for name, kind in ((_("Bounces"), Kind.BOUNCES), (_("Complaints"), Kind.COMPLAINTS)):
            if rates is None:
                yield _unseen(name)
                continue
            count = rates.bounces if kind is Kind.BOUNCES else rates.complaints
            look = self._look(kind, self._seen.region)
            state = _("below the limits") if look == "good" else _("too many")
            words = _("%(count)s of %(attempts)s mails in two weeks") % {
                "count": number_format(count),
                "attempts": number_format(rates.attempts),
            }
            yield Line(name, look, state, words)

    def _sender(self, sender: Sender) -> Iterator[Line]:
        look = self._look(Kind.IDENTITY, sender.address)
        detail = sender.detail
        if detail is None and sender.identity is not None:
            yield Line(_("Identity"), "idle", _("not seen"), sender.identity)
            return
        state = _("verified") if look == "good" else _("not verified")
        yield Line(_("Identity"), look, state, sender.identity or sender.address)
        if detail is None:
            return
        dkim = self._look(Kind.DKIM, detail.name)
        if dkim == "good" and detail.dkim != "SUCCESS":
            yield Line("DKIM", "idle", _("its domain's"), detail.name)
        else:
            yield Line("DKIM", dkim, _("in force") if dkim == "good" else _("not in force"))
        if detail.mail_from is not None:
            look = self._look(Kind.MAIL_FROM, detail.name)
            state = _("set up") if look == "good" else _("not set up")
            yield Line("MAIL FROM", look, state, detail.mail_from)

    def _key(self, key: KeySeen) -> Line:
        name = _("Key of the API") if key.use is KeyUse.API else _("Key of SMTP")
        kinds = (Kind.KEY_STATE, Kind.KEY_AGE, Kind.KEY_USE)
        words = {
            Kind.KEY_STATE: _("gone") if key.exists is False else _("inactive"),
            Kind.KEY_AGE: _("old"),
            Kind.KEY_USE: _("unused"),
        }
        for kind in kinds:
            look = self._look(kind, key.id)
            if look != "good":
                return Line(name, look, words[kind], key.id)
        if key.exists is None or key.created_at is None:
            return Line(name, "idle", _("not seen"), key.id)
        days = (self._seen.at - key.created_at) // DAY
        aged = ngettext("%(days)s day old", "%(days)s days old", days) % {"days": days}
        return Line(name, "good", _("active"), f"{key.id}, {aged}")

    def _suppression(self) -> Line:
        name, ours = _("Suppression list"), self._seen.suppressed
        count = self._seen.suppressed_count
        if ours is None or count is None:
            return _unseen(name)
        words = ngettext("%(total)s address in all", "%(total)s addresses in all", count) % {
            "total": number_format(count)
        }
        if not ours:
            return Line(name, "good", _("none of our recipients"), words)
        state = ngettext(
            "%(total)s of our recipients", "%(total)s of our recipients", len(ours)
        ) % {"total": len(ours)}
        return Line(name, "bad", state, words)


def _unseen(name: str) -> Line:
    return Line(name, "idle", _("not seen"), _("the key lacks the right"))
