"""The cipher policy: looked at, changed, and changed back."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tocsin.central.configuration import Ciphers
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import Changed, change, current
from tocsin.engine.errors import Conflict
from tocsin.store import models
from tocsin.trust.ciphercheck import CheckedCiphers, check_policy
from tocsin.trust.policy import PRESETS, CipherPolicy


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy, the name of its preset if it is one, and what it comes to."""

    preset: str | None
    policy: CipherPolicy
    checked: CheckedCiphers


def present_policy(principal: Principal) -> PolicyView:
    """The policy in force.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    ciphers = current().configuration.ciphers
    return PolicyView(ciphers.preset, ciphers.policy, check_policy(ciphers.policy))


def presets(principal: Principal) -> list[PolicyView]:
    """Every policy with a name, the default first.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    return [PolicyView(name, policy, check_policy(policy)) for name, policy in PRESETS.items()]


def set_policy(
    principal: Principal,
    *,
    preset: str | None = None,
    list_: str | None = None,
    minimum: str | None = None,
    dry_run: bool = False,
) -> Changed:
    """Put a preset or a list in force, with a TLS version at least.

    Raises: as `configuration.change`; Invalid names the entries that OpenSSL does not know.
    """
    said = {"preset": preset, "list": list_, "minimum": minimum}
    part = {name: value for name, value in said.items() if value is not None}
    return change(principal, {"ciphers": part}, dry_run=dry_run)


def restore(principal: Principal, *, dry_run: bool = False) -> Changed:
    """The policy of the version before the last change of it; a second time changes it back.

    Raises:
        NotPermitted: the role may not.
        Conflict: it was never changed.
    """
    require(principal, Permission.ADMINISTER)
    latest = current()
    present = latest.configuration.ciphers
    before = _before(present)
    if before is None:
        raise Conflict("the cipher policy was never changed: there is none to go back to")
    part = before.model_dump(exclude_none=True)
    return change(principal, {"ciphers": part}, expected=latest.number, dry_run=dry_run)


def _before(present: Ciphers) -> Ciphers | None:
    """The latest policy of the history that is not the present one."""
    versions = models.ConfigurationVersion.objects.order_by("-number")
    for document in versions.values_list("document", flat=True).iterator(chunk_size=50):
        found = Ciphers.model_validate(json.loads(document).get("ciphers") or _FIRST)
        if found != present:
            return found
    first = Ciphers.model_validate(_FIRST)
    return first if first != present else None


_FIRST = {"preset": "tocsin"}
"""What is in force before anything was said."""
