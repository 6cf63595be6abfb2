"""The account at Amazon SES, asked over its API beside the walk: what it would say to this mail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from tocsin.base.aside import aside
from tocsin.base.clock import now
from tocsin.doctor.accountsights import mentions, sights_of, trouble
from tocsin.doctor.diary import Diary
from tocsin.doctor.errand import Errand
from tocsin.doctor.seen import Seen
from tocsin.doctor.sight import Sight
from tocsin.faults.catalogue import explain
from tocsin.faults.fault import Finding
from tocsin.ses import account as api
from tocsin.ses.account import Account, Identity, IdentityDetail, Suppressed
from tocsin.ses.aws import Aws, AwsFailure, NotAllowed
from tocsin.ses.keys import KeySeen, KeyUse, look_at_keys
from tocsin.ses.sandbox import closest, may_send_from, unverified
from tocsin.ses.seen import Interest, Sender, Way
from tocsin.ses.seen import Seen as AccountSeen

LIMIT_S = 10.0
"""How long AWS is waited for, counted from the walk's begin; what did not come is left out."""
_ACCESS_KEY = "AKIA"
_UNTOLD = "a call"
"""What a fault of the connection says of the call that it was for."""

T = TypeVar("T")


class AccountLook:
    """The look at the account that the relay's mail goes into; four questions side by side."""

    def __init__(self, aws: Aws, errand: Errand, diary: Diary) -> None:
        self._aws = aws
        self._diary = diary
        relay = errand.relay
        self._way = Way(relay.name, errand.sender or "", relay.user or "")
        self._recipients = errand.recipients
        self._seconds = min(LIMIT_S, errand.timeout_s)
        self._until = 0.0
        self._account: Account | None = None
        self._identities: tuple[Identity, ...] | None = None
        self._detail: IdentityDetail | None = None
        self._suppressed: tuple[Suppressed, ...] | None = None
        self._keys: tuple[KeySeen, ...] = ()
        self._missing: list[str] = []
        self._failures: list[Finding] = []

    async def look(self) -> None:
        """Ask; never longer than the limit, and never raises for what AWS does."""
        self._until = asyncio.get_running_loop().time() + self._seconds
        await asyncio.gather(
            self._look_at_account(),
            self._look_at_identities(),
            self._look_at_suppressions(),
            self._look_at_key(),
        )

    def sights(self, *, signed_in: bool, taken: bool) -> list[Sight]:
        """What it comes to.

        Args:
            signed_in: the relay let this user in.
            taken: the relay took a message from this sender just now.
        """
        seen = self._seen()
        # Where the relay did what the account forbids, its mail goes into another account.
        gone = any(one.exists is False or one.active is False for one in seen.keys)
        doubted = taken or (signed_in and gone)
        sights = sights_of(seen, self._interest, doubted=doubted)
        return [*sights, *trouble(self._failures, self._missing, self._aws.region)]

    def tell(self, seen: Seen) -> None:
        """Leave for the remedies what they can use of it."""
        able = [one for one in self._identities or () if may_send_from(_of(one), (one,))]
        seen.identities = tuple(sorted(one.name for one in able))
        rate = self._account.max_send_rate if self._account is not None else None
        if rate is not None and rate > 0:
            seen.max_send_rate = rate

    # ------------------------------------------------------------------ questions

    async def _look_at_account(self) -> None:
        def ask() -> tuple[Account, bool | None, str]:
            found = api.account(self._aws)
            return found, *mentions(found)

        self._account = await self._ask("account", "GetAccount", ask)

    async def _look_at_identities(self) -> None:
        sender = self._way.sender
        if not sender and not self._recipients:
            return

        def ask() -> tuple[tuple[Identity, ...], bool | None, str]:
            found = api.identities(self._aws)
            if not sender:
                return found, None, f"{len(found)} identities"
            if may_send_from(sender, found):
                return found, True, f"{_closest(sender, found)} covers {sender}"
            return found, False, f"none that is verified covers {sender}"

        self._identities = await self._ask("identity", "ListEmailIdentities", ask)
        name = _closest(sender, self._identities or ())
        if sender and name is not None:
            self._detail = await self._ask(
                "identity", f"GetEmailIdentity {name}", lambda: self._identity(name)
            )

    def _identity(self, name: str) -> tuple[IdentityDetail, bool | None, str]:
        found = api.identity(self._aws, name)
        words = [
            f"verification {found.verification}" if found.verification else "",
            f"DKIM {found.dkim}" if found.dkim else "",
            f"MAIL FROM {found.mail_from}: {found.mail_from_status}" if found.mail_from else "",
        ]
        return found, found.verified, ", ".join(filter(None, words)) or "nothing was told"

    async def _look_at_suppressions(self) -> None:
        if not self._recipients:
            return
        wanted = {one.lower() for one in self._recipients}

        def ask() -> tuple[tuple[Suppressed, ...], bool | None, str]:
            every = api.suppressed(self._aws)
            ours = tuple(one for one in every if one.address.lower() in wanted)
            named = ", ".join(f"{one.address} ({one.reason})" for one in ours)
            return ours, not ours, named or f"no recipient is among {len(every)}"

        self._suppressed = await self._ask("suppression", "ListSuppressedDestinations", ask)

    async def _look_at_key(self) -> None:
        user = self._way.user
        if not user.startswith(_ACCESS_KEY):
            return  # the name of no access key: IAM knows nothing of it

        def ask() -> tuple[tuple[KeySeen, ...], bool | None, str]:
            found = look_at_keys(self._aws, ((user, KeyUse.SMTP, self._way.relay),))
            (key,) = found.keys
            if key.exists is False:
                return found.keys, False, "the account has no such key"
            if key.active is None:
                lacks = ", ".join(found.missing)
                return found.keys, None, f"not looked at: the key may not {lacks}"
            return found.keys, key.active, "active" if key.active else "inactive"

        self._keys = await self._ask("key", f"GetAccessKeyLastUsed {user}", ask) or ()

    async def _ask(
        self, step: str, asked: str, work: Callable[[], tuple[T, bool | None, str]]
    ) -> T | None:
        """What came of a question, which is a step of the walk whatever came of it."""
        since = asyncio.get_running_loop().time()
        found: T | None = None
        ok: bool | None = None
        answered = "not waited for any longer: the walk is over"
        try:
            async with asyncio.timeout_at(self._until):
                found, ok, answered = await aside(work, f"doctor {step}")
        except NotAllowed as refusal:
            self._missing.append(refusal.action)
            answered = f"not looked at: the key may not {refusal.action}"
        except AwsFailure as failure:
            answered = self._failed(failure.finding, asked)
        except TimeoutError:
            reason = f"no answer within {self._seconds:g} s"
            answered = self._failed(Finding("aws.unavailable", {"reason": reason}), asked)
        except Exception as error:  # noqa: BLE001 -- a look beside the walk never ends it
            reason = f"its answer is not understood ({type(error).__name__})"
            answered = self._failed(Finding("aws.unavailable", {"reason": reason}), asked)
        finally:
            where = f"{asked} in {self._aws.region}"
            self._diary.note(step, ok, where, answered, since=since)
        return found

    def _failed(self, finding: Finding, asked: str) -> str:
        told = finding.facts.get("action", _UNTOLD)
        action = asked.partition(" ")[0] if told == _UNTOLD else told
        known = Finding(finding.code, {**finding.facts, "action": action})
        self._failures.append(known)
        return f"{known.code}: {explain(known).cause}"

    # ------------------------------------------------------------------ all of it

    @property
    def _interest(self) -> Interest:
        ways = (self._way,) if self._way.sender else ()
        return Interest(self._aws.region, self._aws.access_key, ways, self._recipients, 0)

    def _seen(self) -> AccountSeen:
        account, identities = self._account, self._identities
        sandboxed = account is not None and not account.production_access
        refused = unverified(self._recipients, identities or ()) if sandboxed else ()
        senders = None
        if identities is not None and self._way.sender:
            name = _closest(self._way.sender, identities)
            senders = (Sender(self._way.relay, self._way.sender, name, self._detail),)
        return AccountSeen(
            region=self._aws.region,
            at=now(),
            account=account,
            rates=None,
            identities=identities,
            identity_count=None if identities is None else len(identities),
            senders=senders,
            refused=None if account is None or identities is None else refused,
            suppressed=self._suppressed,
            suppressed_count=None,
            keys=self._keys,
            missing=tuple(dict.fromkeys(self._missing)),
        )


def _closest(sender: str, identities: Sequence[Identity]) -> str | None:
    """The name of the identity that mail from there goes out by."""
    found = closest(sender, identities)
    return None if found is None else found.name


def _of(identity: Identity) -> str:
    """An address that the identity covers."""
    return identity.name if "@" in identity.name else f"anybody@{identity.name}"
