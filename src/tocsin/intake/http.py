"""Reports as programs send them over the API, and commands from files."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from tocsin.base.clock import Instant, parse_rfc3339
from tocsin.domain.alarm import CATEGORIES, UNKNOWN_HOST, AlarmState, Host, Report
from tocsin.domain.severity import Severity

MOST_IN_A_BATCH = 10_000
LONGEST_DETAILS = 64 * 1024
MOST_ATTRIBUTES = 100


def _no_control(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds control characters")
    return text


def _no_nul(text: str) -> str:
    # PostgreSQL cannot store it, and no text means anything by it.
    if "\0" in text:
        raise ValueError("holds NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is no text") from None
    return text


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError("is no IP address such as 192.0.2.7 or 2001:db8::7") from None


def _time(value: object) -> Instant:
    if not isinstance(value, str):
        raise ValueError("is no RFC 3339 time such as 2026-11-24T22:00:00Z")  # noqa: TRY004
    try:
        return parse_rfc3339(value)
    except ValueError:
        raise ValueError("is no RFC 3339 time such as 2026-11-24T22:00:00Z") from None


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("does not begin with http:// or https://")
    return text


Line = Annotated[str, AfterValidator(_no_control)]
Text = Annotated[str, AfterValidator(_no_nul)]
IpAddress = Annotated[str, AfterValidator(_ip)]
Time = Annotated[Instant, BeforeValidator(_time, json_schema_input_type=str)]


class HostFields(BaseModel):
    """One end of what was seen; anything may be missing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ip: IpAddress | None = None
    port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    name: Annotated[Line, Field(max_length=255)] | None = None
    mac: Annotated[Line, Field(max_length=40)] | None = None
    user: Annotated[Line, Field(max_length=255)] | None = None
    groups: Annotated[list[Annotated[Line, Field(max_length=255)]], Field(max_length=100)] = []


class AlarmFields(BaseModel):
    """An alarm as a sensor reports it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    source: Annotated[Line, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="The sensor's name; the token's name when missing."
    )
    source_type: Literal["api", "alertmanager", "eve", "zeek", "syslog", "snmp", "smtp", "flows"] = (
        "api"
    )
    type: Annotated[Line, Field(min_length=1, max_length=300)]
    category: Literal[CATEGORIES] = "Anomaly"  # type: ignore[valid-type]
    severity: Literal["critical", "major", "minor", "trivial", "informational"] = "informational"
    state: Literal["active", "inactive"] = "active"
    dedup_key: Annotated[Line, Field(min_length=1, max_length=512)] | None = Field(
        default=None, description="What makes two reports the same alarm."
    )
    started_at: Time | None = None
    last_seen_at: Time | None = None
    ended_at: Time | None = None
    source_host: HostFields | None = None
    target_host: HostFields | None = None
    protocol: Annotated[Line, Field(max_length=40)] | None = None
    details: Annotated[Text, Field(max_length=LONGEST_DETAILS)] = ""
    url: Annotated[Line, Field(max_length=2048), AfterValidator(_url)] | None = None
    attributes: Annotated[
        dict[
            Annotated[Line, Field(min_length=1, max_length=200)],
            Annotated[Text, Field(max_length=8192)],
        ],
        Field(max_length=MOST_ATTRIBUTES),
    ] = {}


_read = TypeAdapter(AlarmFields).validate_python


@dataclass(frozen=True, slots=True)
class FieldError:
    """One value that cannot be taken."""

    path: str
    message: str
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class BadReport:
    """A report that cannot be taken, with every value that is at fault."""

    errors: tuple[FieldError, ...]


def read_reports(payload: object, *, default_source: str) -> list[Report | BadReport]:
    """One report or an array of them, each read or refused, in order."""
    if not isinstance(payload, list):
        return [read_report(payload, default_source)]
    if len(payload) > MOST_IN_A_BATCH:
        message = f"has {len(payload)} alarms"
        return [BadReport((FieldError("", message, f"at most {MOST_IN_A_BATCH} in one request"),))]
    return [read_report(one, default_source) for one in payload]


def read_report(value: object, default_source: str) -> Report | BadReport:
    """One report."""
    if not isinstance(value, Mapping):
        return BadReport((FieldError("", "is no object", "an object with the alarm's fields"),))
    try:
        fields = _read(value)
    except ValidationError as error:
        return BadReport(tuple(_field_error(one) for one in error.errors(include_url=False)))
    return Report(
        source=fields.source or default_source,
        source_type=fields.source_type,
        type=fields.type,
        category=fields.category,
        severity=Severity(fields.severity),
        state=AlarmState(fields.state),
        dedup_key=fields.dedup_key,
        started_at=fields.started_at,
        last_seen_at=fields.last_seen_at,
        ended_at=fields.ended_at,
        source_host=_host(fields.source_host),
        target_host=_host(fields.target_host),
        protocol=fields.protocol,
        details=fields.details,
        url=fields.url,
        attributes=fields.attributes,
    )


def _host(fields: HostFields | None) -> Host:
    if fields is None:
        return UNKNOWN_HOST
    return Host(
        fields.ip, fields.port, fields.name, fields.mac, fields.user, tuple(fields.groups)
    )


def _field_error(found: Any) -> FieldError:
    path = _path(found["loc"])
    context = found.get("ctx", {})
    match found["type"]:
        case "extra_forbidden":
            known = ", ".join(AlarmFields.model_fields)
            nested = path.split(".")[0] in {"source_host", "target_host"} and "." in path
            if nested:
                known = ", ".join(HostFields.model_fields)
            return FieldError(path, "is not known", known)
        case "missing":
            return FieldError(path, "is missing")
        case "literal_error":
            return FieldError(path, f"{_shown(found['input'])} is not accepted", context["expected"])
        case "value_error":
            return FieldError(path, f"{_shown(found['input'])} {context['error']}")
        case _:
            message = found["msg"].removeprefix("Input ")
            return FieldError(path, message[:1].lower() + message[1:])


def _path(place: Sequence[str | int]) -> str:
    path = ""
    for step in place:
        if step == "[key]":
            continue
        path += f"[{step}]" if isinstance(step, int) else (f".{step}" if path else str(step))
    return path


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:60] + "…"  # noqa: PLR2004
