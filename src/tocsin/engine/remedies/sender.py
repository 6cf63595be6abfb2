"""``set-sender``: the From Email of the relay, to an address that it lets through."""

from __future__ import annotations

from tocsin.central.smtp import Smtp
from tocsin.engine.remedies.plan import Case, Moot, Plan, edited
from tocsin.engine.remedies.words import Words
from tocsin.ses.account import Identity
from tocsin.ses.sandbox import covers

ASKS = "The relay %(relay)s sends from an address that you enter, in place of %(old)s."
SAYS = "The relay %(relay)s sends from %(sender)s, in place of %(old)s."
ASKS_ONE_OF = (
    "The relay %(relay)s sends from an address that you enter, in place of %(old)s. The account "
    "lets mail be from %(identities)s."
)
NOT_ABLE = (
    "The account does not let mail be from %(sender)s, as far as the walk saw: it does from "
    "%(identities)s."
)
OTHERS_TOO = "%(count)s further relays without a From Email of their own send from it too."


def plan(case: Case) -> Plan:
    """The address that was entered, else the one that the walk found."""
    one = case.configured()
    first = case.configuration.smtp
    old = one.sender or (first.sender if first else "")
    sender = case.entered("sender") or case.remedy.facts.get("sender", "")
    able = case.remedy.facts.get("identities", "")
    if not sender:
        facts = {"relay": one.name, "old": old}
        asks = Words(ASKS_ONE_OF, {**facts, "identities": able}) if able else Words(ASKS, facts)
        return Plan(asks, "", asks=("sender",))
    if sender == old:
        raise Moot(f"the relay {one.name} sends from {sender} already")
    followers = sum(each.sender is None for each in case.configuration.relays)
    also = Words(OTHERS_TOO, {"count": str(followers)})
    warnings = [also] if isinstance(one, Smtp) and followers else []
    if able and not _is_among(sender, able):
        warnings.append(Words(NOT_ABLE, {"sender": sender, "identities": able}))
    return Plan(
        Words(SAYS, {"relay": one.name, "sender": sender, "old": old}),
        f"set the From Email {sender} for the relay {one.name}",
        edited(case, one, **{"from": sender}),
        warnings=tuple(warnings),
    )


def _is_among(sender: str, able: str) -> bool:
    """Whether an address or a domain of the list covers the sender."""
    return any(
        covers(Identity(one, "EMAIL_ADDRESS" if "@" in one else "DOMAIN", True, None), sender)
        for one in able.split(", ")
    )
