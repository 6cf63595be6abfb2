"""``set-sign-in`` and ``lower-rate``: one setting of the relay."""

from __future__ import annotations

from tocsin.engine.remedies.plan import Case, Moot, Plan, edited
from tocsin.engine.remedies.words import Words

SIGN_IN = "The relay %(relay)s is signed in to by %(sign_in)s, in place of %(old)s."
RATE = "The relay %(relay)s gets at most %(rate)s recipients a second, in place of %(old)s."
UNLIMITED = "The relay %(relay)s gets at most %(rate)s recipients a second; no limit was set."


def sign_in(case: Case) -> Plan:
    """The mechanism that the relay offers."""
    one = case.configured()
    wanted = case.fact("sign_in")
    if one.sign_in == wanted:
        raise Moot(f"the relay {one.name} is signed in to by {wanted} already")
    return Plan(
        Words(SIGN_IN, {"relay": one.name, "sign_in": wanted, "old": one.sign_in}),
        f"set the sign-in {wanted} for the relay {one.name}",
        edited(case, one, sign_in=wanted),
    )


def rate(case: Case) -> Plan:
    """No more recipients a second than the relay takes; a lower limit stays."""
    one = case.configured()
    text = case.fact("max_send_rate")
    try:
        wanted = float(text)
    except ValueError:
        raise Moot(f"{text[:40]!a} is no rate") from None
    if one.max_send_rate is not None and one.max_send_rate <= wanted:
        raise Moot(f"the relay {one.name} gets at most {one.max_send_rate:g} a second already")
    old = "" if one.max_send_rate is None else f"{one.max_send_rate:g}"
    facts = {"relay": one.name, "rate": f"{wanted:g}", "old": old}
    return Plan(
        Words(RATE if old else UNLIMITED, facts),
        f"lowered the rate of the relay {one.name} to {wanted:g} recipients a second",
        edited(case, one, max_send_rate=wanted),
    )
