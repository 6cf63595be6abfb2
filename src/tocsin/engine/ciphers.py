"""The cipher policy: looked at, considered, changed, and changed back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from ssl import OPENSSL_VERSION

from tocsin.base.home import Home
from tocsin.central.configuration import Ciphers, Configuration
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.ciphereffect import Effect, effects
from tocsin.engine.configuration import Changed, change, current
from tocsin.engine.errors import Conflict
from tocsin.engine.relay import relays
from tocsin.store import models
from tocsin.trust.ciphercheck import CheckedCiphers, check_policy
from tocsin.trust.policy import PRESET_SOURCES, PRESETS, CipherPolicy

_SECONDS = 10.0
"""For asking the relays; more than a relay in good health ever needs."""


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy, the name of its preset if it is one, and what it comes to."""

    preset: str | None
    policy: CipherPolicy
    checked: CheckedCiphers

    @property
    def source(self) -> str:
        """What the preset is and where it comes from; empty for a list of its own."""
        return PRESET_SOURCES.get(self.preset or "", "")


@dataclass(frozen=True, slots=True)
class Considered:
    """A policy that is not in force yet: what it changes, and what the relays make of it."""

    view: PolicyView
    changed: Changed
    effects: tuple[Effect, ...]

    @property
    def works(self) -> bool:
        """Whether every relay that could be asked would agree on something."""
        return all(one.outcome in {"chooses", "unencrypted", "unreached"} for one in self.effects)


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is said about a policy: a preset or a list, and the TLS versions around it."""

    preset: str | None = None
    list: str | None = None
    minimum: str | None = None
    maximum: str | None = None

    @property
    def part(self) -> dict[str, str]:
        """The part of the document."""
        said = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in said.items() if value is not None}


def consider(principal: Principal, wanted: Wanted) -> Considered:
    """What a policy would change and come to, asked of every relay by a handshake.

    Raises: as `configuration.change`; Invalid names the entries that OpenSSL does not know.
    """
    return _considered(wanted.part, set_policy(principal, wanted, dry_run=True))


def consider_restore(principal: Principal) -> Considered:
    """The same for going back.

    Raises: as `restore`.
    """
    changed = restore(principal, dry_run=True)
    before = _before(current().configuration.ciphers) or Ciphers.model_validate(_FIRST)
    return _considered(before.model_dump(exclude_none=True), changed)


def _considered(part: dict[str, str], changed: Changed) -> Considered:
    ciphers = Ciphers.model_validate(part)
    policy = ciphers.policy
    configuration: Configuration = current().configuration
    settings = [one.settings for one in relays(Home.of_environment(), configuration)]
    found = asyncio.run(effects(settings, policy, timeout=_SECONDS))
    view = PolicyView(ciphers.preset, policy, check_policy(policy))
    return Considered(view, changed, tuple(found))


def set_policy(principal: Principal, wanted: Wanted, *, dry_run: bool = False) -> Changed:
    """Put a preset or a list in force, with a TLS version at least and at most.

    Raises: as `configuration.change`; Invalid names the entries that OpenSSL does not know.
    """
    return change(principal, {"ciphers": wanted.part}, dry_run=dry_run)


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


def policy_json(view: PolicyView) -> dict[str, object]:
    """A policy, for the command line and the API."""
    return {
        "preset": view.preset,
        "list": view.policy.ciphers,
        "minimum": view.policy.minimum,
        "maximum": view.policy.maximum,
        "offered": list(view.checked.offered),
        "fixed": list(view.checked.fixed),
        "without_effect": list(view.checked.without_effect),
        "weak_exchange": list(view.checked.weak_exchange),
        "security_level": view.checked.level,
        "openssl": OPENSSL_VERSION,
        "source": view.source or None,
    }


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
