"""The parts of the configuration that the setup changes; what else is set stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tocsin.base.clock import now
from tocsin.central.configuration import Configuration, TrustEntry
from tocsin.central.problem import Invalid, Problem
from tocsin.central.shown import show, show_relay
from tocsin.central.smtp import FIRST
from tocsin.engine.setup.entered import AccessKey, Choice, Entered, NewUser, SmtpUser
from tocsin.engine.setup.proposal import Proposal
from tocsin.engine.setup.signingin import plain_secret
from tocsin.ses.account import Account
from tocsin.ses.region import region_of_host
from tocsin.trust.anchor import check_anchor
from tocsin.trust.certificate import Certificate

RULE = "All major alarms"
SEVERITY = "major"
_LONGEST_NAME = 100
_OF_OTHERS = frozenset({"scram", "xoauth2"})
"""Ways to sign in that Amazon SES does not have."""


def parts(
    configuration: Configuration,
    entered: Entered,
    proposal: Proposal,
    choice: Choice,
    certificates: Sequence[Certificate],
    region: str,
) -> dict[str, Any]:
    """The document of the one change.

    Raises:
        Invalid: the action is there and is no email action.
    """
    present = show(configuration)
    return {
        "smtp": _smtp(configuration, entered, proposal, choice),
        "trust": _trust(configuration.trust, certificates, proposal),
        "ses": _ses(present["ses"], entered, proposal, region),
        "actions": _actions(present["actions"], choice),
        "rules": _rules(present["rules"], choice.action),
    }


def _smtp(
    configuration: Configuration, entered: Entered, proposal: Proposal, choice: Choice
) -> dict[str, Any]:
    smtp = {} if configuration.smtp is None else show_relay(configuration.smtp)
    smtp.pop("password_file", None)
    if smtp.get("sign_in") in _OF_OTHERS:
        del smtp["sign_in"]
    return {
        **_limits(entered, proposal),
        **smtp,
        "server": proposal.host,
        "port": proposal.port,
        "encryption": proposal.encryption,
        "from": choice.sender,
        "user": proposal.user,
        "password": proposal.password,
    }


def _limits(entered: Entered, proposal: Proposal) -> dict[str, float | int]:
    """What the account allows, where nobody goes on asking it.

    With a key that is kept the responder reads them anew all the time. Those of the sandbox
    are not written down: they would still hold when it is left.
    """
    seen: Account | None = proposal.account.account if proposal.account is not None else None
    if seen is None or not seen.production_access or _kept(entered) is not None:
        return {}
    rate, quota = seen.max_send_rate, seen.max_24_hour_send
    limits: dict[str, float | int] = {}
    if rate is not None and rate > 0:
        limits["max_send_rate"] = rate
    if quota is not None and quota > 0:  # -1 is no quota at all
        limits["max_24_hour_send"] = int(quota)
    return limits


def _kept(entered: Entered) -> AccessKey | None:
    """The key that is stored, so that Tocsin goes on watching the account."""
    match entered.credentials:
        case AccessKey() as key if key.asking.keep:
            return key.asking
        case NewUser() as new if new.keep:
            return AccessKey(new.access_key, new.secret_key)
    return None


def _ses(
    present: dict[str, Any] | None, entered: Entered, proposal: Proposal, region: str
) -> dict[str, Any]:
    part: dict[str, Any] = {**(present or {}), "region": region}
    if not isinstance(entered.credentials, SmtpUser):
        # With a key the account was asked there: a stand-in of before is no more.
        part.pop("endpoint_url", None)
    if entered.endpoint_url:
        part["endpoint_url"] = entered.endpoint_url
    if region_of_host(proposal.host) is None:
        # The server's name does not tell whose mail goes there.
        part["relay"] = FIRST
    key = _kept(entered)
    if key is not None:
        part.pop("secret_key_file", None)
        part |= {"access_key": key.access_key, "secret_key": plain_secret(key.secret_key)}
    return part


def _trust(
    present: Sequence[TrustEntry], certificates: Iterable[Certificate], proposal: Proposal
) -> list[dict[str, Any]]:
    entries = [one.model_dump(exclude={"added_at", "added_by"}) for one in present]
    held = {one.anchor.certificate.sha256 for one in present}
    names = {one.name.casefold() for one in present}
    for certificate in certificates:
        if certificate.sha256 in held:
            continue
        name = _free_name(certificate, names)
        names.add(name.casefold())
        entries.append(
            {
                "name": name,
                "pem": certificate.pem,
                # A server's own certificate is trusted when its fingerprint was agreed to.
                "knowingly": not certificate.is_ca and not check_anchor(certificate, now()),
                "origin": f"Amazon SES setup: {proposal.host}:{proposal.port}",
            }
        )
    return entries


def _free_name(certificate: Certificate, taken: set[str]) -> str:
    name = certificate.title[:_LONGEST_NAME].strip()
    if name.casefold() not in taken:
        return name
    piece = f" ({certificate.sha256[:8]})"
    return name[: _LONGEST_NAME - len(piece)].rstrip() + piece


def _actions(present: Sequence[dict[str, Any]], choice: Choice) -> list[dict[str, Any]]:
    """The actions with the one that is chosen: its recipients changed, or made."""
    if choice.action not in {one["name"] for one in present}:
        return [*present, {"name": choice.action, "kind": "email", "to": list(choice.to)}]
    (known,) = (one for one in present if one["name"] == choice.action)
    if known["kind"] != "email":
        problem = f"{choice.action!r} is there, and is no email action"
        raise Invalid([Problem("action", problem, "another name")])
    return [{**one, "to": list(choice.to)} if one is known else one for one in present]


def _rules(present: Sequence[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    """The rules, with one for the action where none names it."""
    if any(action in (*one.get("active", ()), *one.get("inactive", ())) for one in present):
        return list(present)
    taken = {one["name"] for one in present}
    names = (RULE, *(f"{RULE} {number}" for number in range(2, len(taken) + 3)))
    name = next(one for one in names if one not in taken)
    return [*present, {"name": name, "when": {"severity": SEVERITY}, "active": [action]}]
