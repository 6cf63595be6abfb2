"""``set-sender``: the From Email of the relay, to an address that it lets through."""

from __future__ import annotations

from tocsin.central.smtp import Smtp
from tocsin.engine.remedies.plan import Case, Moot, Plan, edited
from tocsin.engine.remedies.words import Words

ASKS = "The relay %(relay)s sends from an address that you enter, in place of %(old)s."
SAYS = "The relay %(relay)s sends from %(sender)s, in place of %(old)s."
OTHERS_TOO = "%(count)s further relays without a From Email of their own send from it too."


def plan(case: Case) -> Plan:
    """The address that was entered, else the one that the walk found."""
    one = case.configured()
    first = case.configuration.smtp
    old = one.sender or (first.sender if first else "")
    sender = case.entered("sender") or case.remedy.facts.get("sender", "")
    if not sender:
        return Plan(Words(ASKS, {"relay": one.name, "old": old}), "", asks=("sender",))
    if sender == old:
        raise Moot(f"the relay {one.name} sends from {sender} already")
    followers = sum(each.sender is None for each in case.configuration.relays)
    also = Words(OTHERS_TOO, {"count": str(followers)})
    return Plan(
        Words(SAYS, {"relay": one.name, "sender": sender, "old": old}),
        f"set the From Email {sender} for the relay {one.name}",
        edited(case, one, **{"from": sender}),
        warnings=(also,) if isinstance(one, Smtp) and followers else (),
    )
