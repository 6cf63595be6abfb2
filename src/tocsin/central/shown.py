"""The document in the form in which it can be applied again."""

from __future__ import annotations

from typing import Any

from tocsin.central.configuration import Configuration, Smtp
from tocsin.central.relay import SET


def show(configuration: Configuration) -> dict[str, Any]:
    """Every part in the form that `load` takes; secrets as ``set``, certificates as PEM."""
    smtp = configuration.smtp
    return {
        "smtp": None if smtp is None else _relay(smtp),
        "trust": [{"name": one.name, "pem": one.pem} for one in configuration.trust],
        "ciphers": configuration.ciphers.model_dump(exclude_none=True),
        "sources": [_settings(one) for one in configuration.sources],
        "actions": [_settings(one) for one in configuration.actions],
        "rules": [_settings(one) for one in configuration.rules],
    }


def _relay(smtp: Smtp) -> dict[str, Any]:
    shown = smtp.model_dump(by_alias=True, exclude={"password"}, exclude_none=True)
    if smtp.password is not None:
        shown["password_file"] = SET
    return shown


def _settings(one: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = one.model_dump(mode="json", by_alias=True, exclude_none=True)
    return dumped
