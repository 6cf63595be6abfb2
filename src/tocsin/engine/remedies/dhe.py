"""``drop-dhe``: offer no DHE, whose strength the relay decides."""

from __future__ import annotations

import re

from tocsin.central.configuration import Ciphers
from tocsin.engine.remedies.plan import Case, Moot, Plan
from tocsin.engine.remedies.words import Words
from tocsin.trust.ciphercheck import check_policy
from tocsin.trust.policy import PRESETS, CipherPolicy, RefusedCiphers, entries_of

SAYS = "The cipher policy offers %(dropped)s suites with DHE no more; %(left)s suites stay."
DEFAULT = "tocsin"

_DHE = re.compile(r"[+-]?k?(?:DHE|EDH)(?:[-+].*)?")
_NEVER = ("!DHE", "!EDH")


def plan(case: Case) -> Plan:
    """The list without DHE; a preset where it comes to the same as one."""
    present = case.configuration.ciphers
    before = check_policy(present.policy)
    if not before.weak_exchange:
        raise Moot("the cipher policy offers no DHE")
    ciphers = without_dhe(present)
    after = check_policy(Ciphers.model_validate(ciphers).policy)
    facts = {"dropped": str(len(before.weak_exchange)), "left": str(len(after.offered))}
    words = f"the preset {ciphers['preset']}" if "preset" in ciphers else ciphers["list"]
    return Plan(
        Words(SAYS, facts), f"took DHE out of the cipher policy: {words}", {"ciphers": ciphers}
    )


def without_dhe(present: Ciphers) -> dict[str, str]:
    """The part of the document: the same order and versions, and no DHE.

    A list that offered nothing else becomes the preset `DEFAULT`.
    """
    policy = present.policy
    rest = [one for one in entries_of(policy.ciphers) if not _DHE.fullmatch(one)]
    versions = {"minimum": policy.minimum, "maximum": policy.maximum}
    said = {name: value for name, value in versions.items() if value not in {None, "1.2"}}
    if not _offers(":".join(rest), policy):
        return {"preset": DEFAULT}
    if _weak(":".join(rest), policy):
        # A name such as AESGCM or HIGH stands for suites with DHE too.
        rest = [*(one for one in rest if one not in _NEVER), *_NEVER]
    ciphers = ":".join(rest)
    preset = _preset(CipherPolicy(ciphers, policy.minimum, policy.maximum))
    return (
        {"preset": preset} if preset else {"list": ciphers, **{k: str(v) for k, v in said.items()}}
    )


def _offers(ciphers: str, policy: CipherPolicy) -> bool:
    """Whether such a list offers anything that is not DHE."""
    try:
        found = check_policy(CipherPolicy(ciphers, policy.minimum, policy.maximum))
    except RefusedCiphers:
        return False
    return bool(set(found.ordered) - set(found.weak_exchange)) or policy.minimum == "1.3"


def _weak(ciphers: str, policy: CipherPolicy) -> bool:
    return bool(check_policy(CipherPolicy(ciphers, policy.minimum, policy.maximum)).weak_exchange)


def _preset(policy: CipherPolicy) -> str | None:
    """The default's name where the policy offers the same in the same order."""
    default = PRESETS[DEFAULT]
    same = check_policy(policy).offered == check_policy(default).offered
    bounds = (policy.minimum, policy.maximum) == (default.minimum, default.maximum)
    return DEFAULT if same and bounds else None
