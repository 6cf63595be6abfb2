"""What an email action is configured with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tocsin.channels.template import BadTemplate, check_template
from tocsin.mail.address import check_address

MOST_RECIPIENTS = 50
"""Amazon SES takes no more for one message (SES developer guide, "Service quotas")."""


def _name(value: object) -> object:
    if isinstance(value, str) and (value != value.strip() or not value.isprintable()):
        raise ValueError("a name has printable characters and no blanks at its ends")
    return value


class EmailSettings(BaseModel):
    """An email action. Without `subject` or `body` the default ones are sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, BeforeValidator(_name)] = Field(min_length=1, max_length=100)
    kind: Literal["email"]
    description: str = Field(default="", max_length=1000)
    enabled: bool = True
    to: tuple[str, ...] = Field(min_length=1, max_length=MOST_RECIPIENTS)
    subject: str | None = None
    body: str | None = None
    group: Literal["none"] = "none"


def check(settings: EmailSettings) -> list[tuple[str, str]]:
    """Problems of addresses and templates, as (field, message)."""
    problems: list[tuple[str, str]] = []
    seen: set[str] = set()
    for place, address in enumerate(settings.to):
        try:
            normal = check_address(address)
        except ValueError as error:
            problems.append((f"to[{place}]", str(error)))
            continue
        if normal in seen:
            problems.append((f"to[{place}]", f"{address} stands twice"))
        seen.add(normal)
    for field in ("subject", "body"):
        template = getattr(settings, field)
        if template is None:
            continue
        if field == "subject" and "\n" in template.strip():
            problems.append((field, "has more than one line"))
        try:
            check_template(template)
        except BadTemplate as error:
            problems.append((field, str(error)))
    return problems
