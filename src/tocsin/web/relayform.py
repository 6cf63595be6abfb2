"""The form of a relay: its values, and the document that they make."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tocsin.base.secret import Secret
from tocsin.central.relay import FIELDS, FURTHER_FIELDS
from tocsin.central.shown import show_relay
from tocsin.central.smtp import Relay
from tocsin.web.problems import FormProblems

ENCRYPTIONS = (("starttls", "STARTTLS"), ("smtps", "SMTPS"), ("none", "None"))
SIGN_INS = (
    ("auto", gettext_lazy("Automatic")),
    ("plain", "PLAIN"),
    ("login", "LOGIN"),
    ("scram", "SCRAM"),
    ("xoauth2", "XOAUTH2"),
)
_PORT = 587
"""Of the encryption that a new form begins with."""

_SECRET = frozenset({"password_file"})
SHARED = frozenset(FIELDS) - _SECRET | {"password"}
"""Names of the fields of the first relay's form."""
FURTHER = frozenset(FURTHER_FIELDS) - _SECRET | {"password"}
ADVANCED = frozenset(FIELDS) - {"server", "port", "encryption", "from", "user", "password_file"}
"""Names of the fields that are folded away."""


def values_of(relay: Relay | None) -> dict[str, Any]:
    """The form's values for what is configured; what nobody set is empty."""
    if relay is None:
        return {"encryption": "starttls", "port": _PORT}
    return show_relay(relay)


def typed(request: HttpRequest, names: frozenset[str]) -> dict[str, str]:
    """What was typed into the form, but for the password."""
    values = {name: request.POST.get(name, "").strip() for name in FURTHER_FIELDS if name in names}
    return {**values, "drop": request.POST.get("drop", "")}


def document_of(values: dict[str, str], password: Secret | None) -> dict[str, Any]:
    """The relay as the document has it; what is empty is as nobody said it."""
    said: dict[str, Any] = {
        name: value for name, value in values.items() if value and name in FURTHER_FIELDS
    }
    if password is not None:
        said["password"] = password
    elif values["drop"] or not values["user"]:
        said["password"] = None
    return said


def at_fields(wrong: FormProblems) -> FormProblems:
    """A password that is missing is told at the password."""
    others = [one for one in wrong.other if "password_file" not in one]
    if len(others) == len(wrong.other):
        return wrong
    return FormProblems({**wrong.fields, "password": _("The user name needs a password.")}, others)
