"""``tocsin ses status``: the account at Amazon SES as it was seen last, or is seen now."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store

if TYPE_CHECKING:
    from tocsin.engine.sesaccount import AccountStatus, Told
    from tocsin.ses.account import Account, Rates
    from tocsin.ses.keys import KeySeen
    from tocsin.ses.seen import Seen, Sender

_FINE, _GRAVE, _NOT_KNOWN = 0, 1, 3


def add_actions(actions: Any) -> None:
    """Add this to the actions of ``tocsin ses``."""
    parser = actions.add_parser(
        "status", help="the account: sandbox, quota, reputation, identities, access keys"
    )
    parser.add_argument("--now", action="store_true", help="look at once, instead of what is known")
    common(parser)
    parser.set_defaults(run=_status)


def _status(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    """Exit status 1 when something stops mail or soon may, 3 when nothing is known."""
    use_store(home)
    from tocsin.engine import access, sesaccount  # noqa: PLC0415

    if arguments.now and sesaccount.status(access.LOCAL).can_ask:
        status = sesaccount.look_now(access.LOCAL)
    else:
        status = sesaccount.status(access.LOCAL)
    output.answer(sesaccount.status_json(status), _lines(status))
    if status.seen is None:
        return _NOT_KNOWN
    return _GRAVE if status.grave or status.failing else _FINE


def _lines(status: AccountStatus) -> Iterator[str]:
    """The account for a person."""
    if status.region is None:
        yield "no account is configured: give the document a part 'ses' with region and key"
        return
    relays = ", ".join(printable(one) for one in status.relays)
    yield f"Amazon SES in {status.region}: {relays or 'no relay sends by it'}"
    if not status.can_ask:
        yield "  no key is configured: give ses an access_key and a secret_key_file"
        return
    if status.failure is not None:
        since = f" since {rfc3339(status.failing_since)}" if status.failing_since else ""
        yield f"  cannot be asked{since}: {status.failure.title} [{status.failure.code}]"
        yield f"    {printable(status.failure.cause)}"
        yield from (f"    - {printable(step)}" for step in status.failure.fix)
    if status.seen is None:
        if status.failure is None:
            yield "  was not seen yet; tocsin ses status --now looks at once"
        return
    yield from _seen(status.seen, status)
    yield from _concerns(status)


def _seen(seen: Seen, status: AccountStatus) -> Iterator[str]:
    yield f"  looked at        {rfc3339(seen.at)}"
    yield from _account(seen.account, status) if seen.account else _unseen("account")
    yield from _rates(seen.rates) if seen.rates else _unseen("bounces, complaints")
    listed = "not seen" if seen.suppressed_count is None else f"{seen.suppressed_count} addresses"
    yield f"  suppression list {listed}{_ours(seen)}"
    if seen.missing:
        yield f"  rights missing   {', '.join(seen.missing)}"
    if seen.senders:
        yield ""
        head = ("relay", "From", "identity", "verified", "DKIM", "MAIL FROM")
        yield from table(head, [_sender(one) for one in seen.senders])
    if seen.keys:
        yield ""
        head = ("access key", "for", "IAM user", "state", "made", "last used")
        yield from table(head, [_key(one) for one in seen.keys])
    if seen.identities:
        yield ""
        rows = [
            (one.name, one.kind.lower().replace("_", " "), one.verification or "-")
            for one in seen.identities
        ]
        yield from table(("identity", "kind", "verification"), rows)
        if seen.identity_count is not None and seen.identity_count > len(rows):
            yield f"and {seen.identity_count - len(rows)} more"


def _unseen(what: str) -> Iterator[str]:
    yield f"  {what:<16} not seen: the key may not"


def _account(account: Account, status: AccountStatus) -> Iterator[str]:
    sandbox = "in production" if account.production_access else "in the sandbox"
    sending = "sends" if account.sending_enabled else "sending is off"
    enforcement = printable(account.enforcement or "-")
    yield f"  account          {sandbox}, {sending}, enforcement {enforcement}"
    quota, sent = account.max_24_hour_send, account.sent_last_24_hours
    limit = "no limit" if quota is None or quota < 0 else f"{quota:.0f}"
    used = "not known" if sent is None else f"{sent:.0f}"
    yield (
        f"  in 24 hours      {used} of {limit} recipients, {status.sent_by_us} of them by Tocsin"
    )
    rate = account.max_send_rate
    yield f"  rate             {'not known' if rate is None else f'{rate:g} recipients/s'}"


def _rates(rates: Rates) -> Iterator[str]:
    for name, count in (("bounces", rates.bounces), ("complaints", rates.complaints)):
        share = f" ({count / rates.attempts:.2%})" if rates.attempts else ""
        yield f"  {name:<16} {count} of {rates.attempts} in two weeks{share}"


def _ours(seen: Seen) -> str:
    return f", {len(seen.suppressed)} of them of our actions" if seen.suppressed else ""


def _sender(one: Sender) -> tuple[str, ...]:
    detail = one.detail
    if detail is None:
        return one.relay, one.address, one.identity or "none", "-", "-", "-"
    mail_from = f"{detail.mail_from} {detail.mail_from_status}" if detail.mail_from else "-"
    verified = "yes" if detail.verified else "no"
    return one.relay, one.address, detail.name, verified, detail.dkim or "-", mail_from


def _key(one: KeySeen) -> tuple[str, ...]:
    states = {True: "active", False: "inactive", None: "not seen"}
    state = "gone" if one.exists is False else states[one.active]
    made = rfc3339(one.created_at)[:10] if one.created_at is not None else "-"
    used = rfc3339(one.used_at)[:10] if one.used_at is not None else "never"
    return one.id, one.relay or "API", one.user or "-", state, made, used if one.use_known else "-"


def _concerns(status: AccountStatus) -> Iterator[str]:
    for one in status.concerns:
        yield ""
        yield from _concern(one)


def _concern(one: Told) -> Iterator[str]:
    told = one.explained
    yield f"{one.concern.severity.value}: {told.title} [{told.code}]"
    yield f"  {printable(told.cause)}"
    yield from (f"  - {printable(step)}" for step in told.fix)
