"""What an email action is configured with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tocsin.channels.template import BadTemplate, check_template
from tocsin.channels.variables import take_over
from tocsin.mail.address import check_address

MOST_RECIPIENTS = 50
"""Amazon SES takes no more for one message (SES developer guide, "Service quotas")."""


def _name(value: object) -> object:
    if isinstance(value, str) and (value != value.strip() or not value.isprintable()):
        raise ValueError("a name has printable characters and no blanks at its ends")
    return value


def _group(value: object) -> object:
    if value != "none":
        raise ValueError("the only value taken is none: one mail for each alarm")
    return value


TemplateText = Annotated[str, Field(min_length=1), AfterValidator(take_over)]


class EmailSettings(BaseModel):
    """An email action. Without `subject` or `body` the default ones are sent.

    Both are templates (`tocsin.channels.template`); SNA's variables in their one-brace
    form are taken over when they are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, BeforeValidator(_name)] = Field(min_length=1, max_length=100)
    kind: Literal["email"]
    description: str = Field(default="", max_length=1000)
    enabled: bool = True
    to: tuple[str, ...] = Field(min_length=1, max_length=MOST_RECIPIENTS)
    subject: TemplateText | None = None
    body: TemplateText | None = None
    group: Annotated[Literal["none"], BeforeValidator(_group)] = "none"


def check(settings: EmailSettings) -> list[tuple[str, str]]:
    """Problems of addresses and templates, as (field, message)."""
    problems = _address_problems(settings.to)
    if settings.subject is not None and len(settings.subject.strip().splitlines()) > 1:
        problems.append(("subject", "has more than one line"))
    for field, template in (("subject", settings.subject), ("body", settings.body)):
        if template is None:
            continue
        try:
            check_template(template)
        except BadTemplate as error:
            problems.append((field, str(error)))
    return problems


def _address_problems(addresses: tuple[str, ...]) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    seen: set[str] = set()
    for place, address in enumerate(addresses):
        try:
            normal = check_address(address)
        except ValueError as error:
            problems.append((f"to[{place}]", str(error)))
            continue
        if normal.casefold() in seen:
            problems.append((f"to[{place}]", f"{address} stands twice"))
        seen.add(normal.casefold())
    return problems
