"""The document in the form in which it can be applied again."""

from __future__ import annotations

from typing import Any

from tocsin.central.arrival import show_arrival
from tocsin.central.configuration import Configuration, TrustEntry
from tocsin.central.relay import FURTHER_FIELDS, SET
from tocsin.central.ses import show_ses
from tocsin.central.smtp import Relay


def show(configuration: Configuration, *, whole: bool = False) -> dict[str, Any]:
    """Every part in the form that `load` takes; secrets as ``set``, certificates as PEM.

    With `whole` relays have all their fields, also those that nobody set.
    """
    smtp = configuration.smtp
    return {
        "smtp": None if smtp is None else show_relay(smtp, whole=whole),
        "relays": [show_relay(one, whole=whole) for one in configuration.relays],
        "outbox": configuration.outbox.model_dump(),
        "ses": None if configuration.ses is None else show_ses(configuration.ses),
        "arrival": None if configuration.arrival is None else show_arrival(configuration.arrival),
        "trust": [_anchor(one) for one in configuration.trust],
        "trust_system_roots": configuration.trust_system_roots,
        "ciphers": configuration.ciphers.model_dump(exclude_none=True),
        "sources": [_settings(one) for one in configuration.sources],
        "actions": [_settings(one) for one in configuration.actions],
        "rules": [_settings(one) for one in configuration.rules],
    }


def show_relay(relay: Relay, *, whole: bool = False) -> dict[str, Any]:
    """A relay with what was said of it; with `whole` also with what is so anyway."""
    said = relay.model_dump(by_alias=True, exclude={"password"}, exclude_defaults=not whole)
    if relay.password is not None:
        said["password_file"] = SET
    return {name: said[name] for name in FURTHER_FIELDS if name in said}


def _settings(one: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = one.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped


def _anchor(one: TrustEntry) -> dict[str, Any]:
    knowingly = {"knowingly": True} if one.knowingly else {}
    return {"name": one.name, "pem": one.pem, **knowingly}
