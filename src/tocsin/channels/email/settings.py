"""What an email action is configured with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from tocsin.channels.email.markup import check_html
from tocsin.channels.email.words import Language
from tocsin.channels.group import Group
from tocsin.channels.template import BadTemplate, check_template
from tocsin.channels.variables import take_over
from tocsin.mail.address import check_address

MOST_RECIPIENTS = 1_000
"""Of `to`, `cc` and `bcc` together. What a relay takes at once is less; the sender splits."""
MOST_REPLY_TO = 10
MOST_TAGS = 50

# Amazon SES refuses others (SES API reference, MessageTag; "Create configuration sets").
_CONFIGURATION_SET = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")

_EVENTS = ("failure", "delay", "success")
_NEVER = "never"
_NONE = "none"

TEMPLATES = ("subject", "body", "html")


def _name(value: object) -> object:
    if isinstance(value, str) and (value != value.strip() or not value.isprintable()):
        raise ValueError("a name has printable characters and no blanks at its ends")
    return value


def _group(value: object) -> object:
    if value is None or value == _NONE:
        return None
    if isinstance(value, Group):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"is no group; accepted: {_NONE}, {{by: [FIELD, …], window_s: SECONDS}}")  # noqa: TRY004
    unknown = sorted({str(one) for one in value} - set(Group.model_fields))
    if unknown:
        raise ValueError(f"has {', '.join(unknown)}; accepted: {', '.join(Group.model_fields)}")
    return value


def _no_truth_value(value: object) -> object:
    # Python takes true for 1.
    if isinstance(value, bool):
        raise ValueError("is no whole number; accepted: 1 to 10000")  # noqa: TRY004
    return value


def _configuration_set(value: object) -> object:
    if isinstance(value, str) and not _CONFIGURATION_SET.fullmatch(value):
        raise ValueError(
            "is no name of a configuration set; accepted: 1 to 64 of A-Z, a-z, 0-9, _ and -"
        )
    return value


def _tags(value: object) -> object:
    accepted = f"{{NAME: VALUE}}, at most {MOST_TAGS}, each 1 to 256 of A-Z, a-z, 0-9, _ and -"
    if not isinstance(value, Mapping):
        raise ValueError(f"is no mapping; accepted: {accepted}")  # noqa: TRY004
    if len(value) > MOST_TAGS:
        raise ValueError(f"has {len(value)} tags; accepted: {accepted}")
    for name, said in value.items():
        if not _is_tag(name) or not _is_tag(said):
            raise ValueError(f"{str(name)[:80]!r} or its value is no tag; accepted: {accepted}")
    return value


def _is_tag(value: object) -> bool:
    return isinstance(value, str) and _TAG.fullmatch(value) is not None


def _notify(value: object) -> object:
    if value is None or value == _NEVER:
        return value
    if not isinstance(value, list | tuple) or not value or set(map(str, value)) - set(_EVENTS):
        raise ValueError(f"is not accepted; accepted: {_NEVER}, or a list of {', '.join(_EVENTS)}")
    # In one order and once each, so that the same reads the same.
    return tuple(one for one in _EVENTS if one in value)


TemplateText = Annotated[str, Field(min_length=1), AfterValidator(take_over)]
Event = Literal["failure", "delay", "success"]


class EmailSettings(BaseModel):
    """An email action. Without `subject`, `body` or `html` the default ones are sent.

    These are templates (`tocsin.channels.template`); SNA's variables in their one-brace
    form are taken over when they are read. What an action does not use is not shown, so
    that its document stays as short as it was written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, BeforeValidator(_name)] = Field(min_length=1, max_length=100)
    kind: Literal["email"]
    description: str = Field(default="", max_length=1000)
    enabled: bool = True
    to: tuple[str, ...] = Field(min_length=1, max_length=MOST_RECIPIENTS)
    cc: tuple[str, ...] = Field(default=(), max_length=MOST_RECIPIENTS)
    bcc: tuple[str, ...] = Field(default=(), max_length=MOST_RECIPIENTS)
    reply_to: tuple[str, ...] = Field(default=(), max_length=MOST_REPLY_TO)
    language: Language = "en"
    subject: TemplateText | None = None
    body: TemplateText | None = None
    html: TemplateText | None = None
    attach_evidence: bool = False
    configuration_set: Annotated[str | None, BeforeValidator(_configuration_set)] = None
    message_tags: Annotated[dict[str, str], BeforeValidator(_tags)] = Field(default_factory=dict)
    notify: Annotated[Literal["never"] | tuple[Event, ...] | None, BeforeValidator(_notify)] = None
    """What the relay is to report on (RFC 3461); None: as the relay does by itself."""
    group: Annotated[Group | None, BeforeValidator(_group)] = None
    """None, in the document ``none``: one mail for each alarm."""
    max_mails_per_hour: Annotated[int | None, BeforeValidator(_no_truth_value)] = Field(
        default=None, ge=1, le=10_000
    )

    @model_serializer(mode="wrap")
    def _shown(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        shown: dict[str, Any] = handler(self)
        if "group" in shown or self.group is None:
            shown["group"] = shown.get("group") or _NONE
        for name in _SHOWN_WHEN_SET & shown.keys():
            if getattr(self, name) == _DEFAULTS[name]:
                del shown[name]
        return shown


_SHOWN_WHEN_SET = frozenset(
    (
        *("cc", "bcc", "reply_to", "language", "attach_evidence", "configuration_set"),
        *("html", "message_tags", "notify", "max_mails_per_hour"),
    )
)
_DEFAULTS = {
    name: field.get_default(call_default_factory=True)
    for name, field in EmailSettings.model_fields.items()
}


def check(settings: EmailSettings) -> list[tuple[str, str]]:
    """Problems of addresses and templates, as (field, message)."""
    problems = _recipient_problems(settings)
    problems += _address_problems("reply_to", settings.reply_to, {})
    if settings.subject is not None and len(settings.subject.strip().splitlines()) > 1:
        problems.append(("subject", "has more than one line"))
    for field in TEMPLATES:
        template = getattr(settings, field)
        try:
            if template is not None:
                check_own(field, template)
        except BadTemplate as error:
            problems.append((field, str(error)))
    return problems


def check_own(field: str, template: str) -> None:
    """Refuse a template of the action's own that would fail, or show what it must not.

    Raises:
        BadTemplate: says what is wrong and what can stand there.
    """
    if field == "html":
        check_template(template, html=True)
        check_html(template)
    else:
        check_template(template)


def _recipient_problems(settings: EmailSettings) -> list[tuple[str, str]]:
    seen: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    for field in ("to", "cc", "bcc"):
        problems += _address_problems(field, getattr(settings, field), seen)
    together = len(settings.to) + len(settings.cc) + len(settings.bcc)
    if together > MOST_RECIPIENTS:
        problems.append(
            ("to", f"has {together:,} addresses with cc and bcc; accepted: {MOST_RECIPIENTS:,}")
        )
    return problems


def _address_problems(
    field: str, addresses: tuple[str, ...], seen: dict[str, str]
) -> list[tuple[str, str]]:
    """Problems of the addresses of one field; `seen` are those before, and get these."""
    problems: list[tuple[str, str]] = []
    for place, address in enumerate(addresses):
        where = f"{field}[{place}]"
        try:
            normal = check_address(address).casefold()
        except ValueError as error:
            problems.append((where, str(error)))
            continue
        first = seen.setdefault(normal, where)
        if first != where:
            problems.append((where, f"{address} stands twice, in {first} too"))
    return problems
