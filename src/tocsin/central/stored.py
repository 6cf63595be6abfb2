"""The document as plain data for the store: secrets are kept apart, under ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.base.secret import Secret
from tocsin.central.arrival import Arrival
from tocsin.central.configuration import Ciphers, Configuration, Outbox, RuleEntry, TrustEntry
from tocsin.central.kinds import Kinds, KindSchema
from tocsin.central.ses import Ses
from tocsin.central.shown import show
from tocsin.central.smtp import FurtherRelay, Relay, Smtp


def to_stored(configuration: Configuration, keep: Callable[[str, Secret], str]) -> dict[str, Any]:
    """Plain data for a version's row; equal documents give equal data, also as JSON.

    Args:
        configuration: what to store.
        keep: is told path and secret, and gives the id that stands for it.
    """
    stored = show(configuration)
    stored["trust"] = [one.model_dump() for one in configuration.trust]
    if configuration.smtp is not None:
        _keep_password(stored["smtp"], configuration.smtp, "smtp.password", keep)
    for shown, relay in zip(stored["relays"], configuration.relays, strict=True):
        _keep_password(shown, relay, "relays.password", keep)
    if configuration.ses is not None:
        stored["ses"].pop("secret_key_file", None)
        if configuration.ses.secret_key is not None:
            stored["ses"]["secret_key"] = keep("ses.secret_key", configuration.ses.secret_key)
    if configuration.arrival is not None:
        stored["arrival"].pop("password_file", None)
        if configuration.arrival.password is not None:
            password = configuration.arrival.password
            stored["arrival"]["password"] = keep("arrival.password", password)
    ordered: dict[str, Any] = _ordered(stored)
    return ordered


def _keep_password(
    shown: dict[str, Any], relay: Relay, path: str, keep: Callable[[str, Secret], str]
) -> None:
    shown.pop("password_file", None)
    if relay.password is not None:
        shown["password"] = keep(path, relay.password)


def _ordered(value: Any) -> Any:
    """The same with the names of each mapping in order: they may be written in any."""
    if isinstance(value, dict):
        return {name: _ordered(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    return value


def from_stored(
    stored: Mapping[str, Any], fetch: Callable[[str], Secret], kinds: Kinds
) -> Configuration:
    """The inverse of `to_stored`: what was valid once is taken as it is.

    A part that an older version did not know yet is as if nothing was said of it.
    """
    smtp = stored.get("smtp")
    ciphers = stored.get("ciphers", {"preset": "tocsin"})
    return Configuration(
        smtp=None if smtp is None else Smtp.model_validate(_opened(smtp, fetch)),
        relays=tuple(
            FurtherRelay.model_validate(_opened(one, fetch)) for one in stored.get("relays", ())
        ),
        outbox=Outbox.model_validate(stored.get("outbox", {})),
        ses=_ses(stored.get("ses"), fetch),
        arrival=_arrival(stored.get("arrival"), fetch),
        trust=tuple(TrustEntry.model_validate(one) for one in stored.get("trust", ())),
        trust_system_roots=stored.get("trust_system_roots", False),
        ciphers=Ciphers.model_validate(ciphers),
        sources=_of_kinds(stored.get("sources", ()), kinds.sources),
        actions=_of_kinds(stored.get("actions", ()), kinds.actions),
        rules=tuple(RuleEntry.model_validate(one) for one in stored.get("rules", ())),
    )


def _opened(relay: Mapping[str, Any], fetch: Callable[[str], Secret]) -> Mapping[str, Any]:
    return {**relay, "password": fetch(relay["password"])} if "password" in relay else relay


def _ses(stored: Mapping[str, Any] | None, fetch: Callable[[str], Secret]) -> Ses | None:
    if stored is None:
        return None
    key = {"secret_key": fetch(stored["secret_key"])} if "secret_key" in stored else {}
    return Ses.model_validate({**stored, **key})


def _arrival(stored: Mapping[str, Any] | None, fetch: Callable[[str], Secret]) -> Arrival | None:
    return None if stored is None else Arrival.model_validate(_opened(stored, fetch))


def _of_kinds(entries: Any, kinds: Mapping[str, KindSchema]) -> tuple[Any, ...]:
    return tuple(kinds[one["kind"]].settings.model_validate(one) for one in entries)
