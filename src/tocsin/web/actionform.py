"""The form of an email action: the document's values as they are typed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from tocsin.channels.email.words import WORDS

LINES = ("to", "cc", "bcc", "reply_to")
"""Fields with one address a line."""
TEXTS = ("subject", "body", "html")
NOTICES = ("never", "failure", "delay", "success")
NAMES = frozenset(
    {
        *("name", "description", *LINES, "language", *TEXTS, "attach_evidence"),
        *("configuration_set", "message_tags", "notify", "max_mails_per_hour"),
        *("group", "group.by", "group.window_s"),
    }
)
"""Fields that a problem can be told at."""

_USUAL_WINDOW_S = 300
_MOST_DIGITS = 9
_TYPED = (
    *("name", "description", *LINES, "language", *TEXTS),
    *("configuration_set", "message_tags", "max_mails_per_hour", "group.by", "group.window_s"),
)
_ADVANCED = (
    *("cc", "bcc", "reply_to", "html", "attach_evidence", "configuration_set"),
    *("message_tags", "notify", "max_mails_per_hour", "grouped"),
)


def new() -> dict[str, Any]:
    """The values of an action that is not there yet."""
    return {"enabled": True, "language": "en", "notify": [], "group.window_s": _USUAL_WINDOW_S}


def of_document(saved: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an action as it is saved."""
    group = saved.get("group")
    grouped = isinstance(group, Mapping)
    notify = saved.get("notify") or []
    return {
        **new(),
        **saved,
        **{name: "\n".join(saved.get(name, ())) for name in LINES},
        "message_tags": "\n".join(
            f"{name}={value}" for name, value in saved.get("message_tags", {}).items()
        ),
        "notify": [notify] if isinstance(notify, str) else list(notify),
        "grouped": grouped,
        "group.by": ", ".join(group["by"]) if isinstance(group, Mapping) else "",
        "group.window_s": group["window_s"] if isinstance(group, Mapping) else _USUAL_WINDOW_S,
    }


def of_form(form: QueryDict) -> dict[str, Any]:
    """The values as they were typed."""
    values: dict[str, Any] = {name: form.get(name, "").replace("\r\n", "\n") for name in _TYPED}
    values["name"] = values["name"].strip()
    return {
        **values,
        "enabled": "enabled" in form,
        "attach_evidence": "attach_evidence" in form,
        "grouped": "grouped" in form,
        "notify": [one for one in NOTICES if one in form.getlist("notify")],
    }


def to_document(values: Mapping[str, Any]) -> dict[str, Any]:
    """The action as the document has it; what is empty is left out."""
    document: dict[str, Any] = {
        "kind": "email",
        "name": values["name"],
        "description": values["description"].strip(),
        "enabled": values["enabled"],
        "to": _lines(values["to"]),
    }
    document |= {name: _lines(values[name]) for name in LINES[1:] if values[name].strip()}
    document |= {name: values[name] for name in TEXTS if values[name].strip()}
    document |= {name: values[name] for name in ("language",) if values[name]}
    if values["attach_evidence"]:
        document["attach_evidence"] = True
    if values["configuration_set"].strip():
        document["configuration_set"] = values["configuration_set"].strip()
    if values["message_tags"].strip():
        document["message_tags"] = _tags(values["message_tags"])
    if values["notify"]:
        document["notify"] = "never" if values["notify"] == ["never"] else values["notify"]
    if values["max_mails_per_hour"].strip():
        document["max_mails_per_hour"] = _number(values["max_mails_per_hour"])
    if values["grouped"]:
        by = [one.strip() for one in values["group.by"].split(",") if one.strip()]
        document["group"] = {"by": by, "window_s": _number(values["group.window_s"])}
    return document


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _tags(text: str) -> dict[str, str]:
    """``NAME=VALUE`` a line; one without a sign of equality has no value, and is told so."""
    parts = (line.partition("=") for line in _lines(text))
    return {name.strip(): value.strip() for name, _, value in parts}


def _number(text: str) -> Any:
    """The number; what is none stays as it was typed, for the words about it."""
    typed = text.strip()
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= _MOST_DIGITS
    return int(typed) if is_number else typed


def is_advanced(values: Mapping[str, Any], errors: Mapping[str, str]) -> bool:
    """Whether something is set, or wrong, among what is folded away at first."""
    return any(values.get(name) for name in _ADVANCED) or any(
        name.partition(".")[0] in {*_ADVANCED, "group"} for name in errors
    )


def languages() -> list[tuple[str, str]]:
    """Languages of the default mails, each by its own name."""
    own = {"en": "English", "zh-Hans": "简体中文"}
    return [(one, own[one]) for one in WORDS]
