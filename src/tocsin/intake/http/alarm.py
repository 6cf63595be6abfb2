"""The alarm as programs send it: its fields, their limits, and what fits in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tocsin.base.clock import Instant
from tocsin.domain.alarm import CATEGORIES, AlarmState, Host
from tocsin.domain.severity import Severity
from tocsin.intake.endpoint import HIGHEST_PORT, canonical_ip, canonical_mac
from tocsin.intake.moment import moment_of

MOST_IN_A_BATCH = 10_000
LONGEST_SOURCE = 200
LONGEST_TYPE = 300
LONGEST_KEY = 512
LONGEST_DETAILS = 64 * 1024
LONGEST_URL = 2048
LONGEST_PROTOCOL = 40
LONGEST_NAME = 255
"""Of a host, a user or a host group; a DNS name has at most 253 (RFC 1035, section 2.3.4)."""
MOST_GROUPS = 100
MOST_ATTRIBUTES = 100
LONGEST_ATTRIBUTE_NAME = 128
LONGEST_ATTRIBUTE = 4096

# A line has no control characters. A text may have line ends and tabs, but no NUL, which
# PostgreSQL cannot store.
_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_TEXT = r"^[^\x00]*$"
# A host and no user name, which would hide the host from a reader; printable ASCII (RFC
# 3986), less what ends an address in mail and HTML.
_URL = r"^[hH][tT][tT][pP][sS]?://[A-Za-z0-9.\-_~%:\[\]]+([/?#][!#-;=?-\[\]^_a-z{|}~]*)?$"
# RFC 3339, section 5.6; an offset without a colon passes, as sensors write it.
_TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})$"
)


def _refusing(read: Callable[[str], str], words: str) -> AfterValidator:
    def check(text: str) -> str:
        try:
            return read(text)
        except ValueError:
            raise ValueError(words) from None

    return AfterValidator(check)


def _instant(text: str) -> Instant:
    try:
        return moment_of(text.upper())
    except ValueError:
        raise ValueError("is no moment of the calendar from 1970 to 9999") from None


def _host(fields: HostFields) -> Host:
    return Host(**fields.__dict__)


Line = Annotated[str, Field(pattern=_LINE)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=_LINE)]
Time = Annotated[
    str,
    Field(max_length=40, pattern=_TIME, json_schema_extra={"format": "date-time"}),
    AfterValidator(_instant),
]
SourceType = Literal["api", "alertmanager", "eve", "zeek", "syslog", "snmp", "smtp", "flows"]
"""All but ``system``, which Tocsin alone reports as."""


class HostFields(BaseModel):
    """One end of what was seen; anything may be missing."""

    model_config = ConfigDict(extra="forbid", title="Host")

    ip: (
        Annotated[
            str,
            Field(max_length=64, description="IPv4 or IPv6 address, without a zone."),
            _refusing(canonical_ip, "is no IP address"),
        ]
        | None
    ) = None
    port: Annotated[int, Field(strict=True, ge=0, le=HIGHEST_PORT)] | None = None
    name: Name | None = None
    mac: (
        Annotated[
            str,
            Field(max_length=40, description="Hardware address, 48 bits."),
            _refusing(canonical_mac, "is no hardware address"),
        ]
        | None
    ) = None
    user: Name | None = None
    groups: Annotated[tuple[Name, ...], Field(max_length=MOST_GROUPS)] = ()


_unknown: Callable[[], Any] = Host
HostField = Annotated[HostFields, AfterValidator(_host)]


class AlarmFields(BaseModel):
    """An alarm as a sensor or another program reports it.

    A checked one holds the very values, under the very names, that `Report` is made of.
    """

    model_config = ConfigDict(extra="forbid", title="Alarm")

    source: Annotated[Line, Field(min_length=1, max_length=LONGEST_SOURCE)] | None = Field(
        default=None, description="The sensor's name; that of the token when not given."
    )
    source_type: SourceType = Field(default="api", description="How the sensor was heard.")
    type: Annotated[Line, Field(min_length=1, max_length=LONGEST_TYPE)] = Field(
        description="The kind of alarm, in the sensor's words."
    )
    category: Literal[CATEGORIES] = "Anomaly"  # type: ignore[valid-type] # they stand once
    severity: Severity = Severity.INFORMATIONAL
    state: AlarmState = Field(
        default=AlarmState.ACTIVE, description="Whether the cause goes on, in the sensor's view."
    )
    dedup_key: Annotated[Line, Field(min_length=1, max_length=LONGEST_KEY)] | None = Field(
        default=None,
        description="What makes two reports the same alarm; when not given: source, type, "
        "source address, target address and target port.",
    )
    started_at: Time | None = Field(default=None, description="RFC 3339, with offset.")
    last_seen_at: Time | None = None
    ended_at: Time | None = None
    source_host: HostField = Field(default_factory=_unknown)
    target_host: HostField = Field(default_factory=_unknown)
    protocol: Annotated[Line, Field(min_length=1, max_length=LONGEST_PROTOCOL)] | None = Field(
        default=None, description="Transport protocol."
    )
    details: Annotated[str, Field(max_length=LONGEST_DETAILS, pattern=_TEXT)] = ""
    url: Annotated[str, Field(max_length=LONGEST_URL, pattern=_URL)] | None = Field(
        default=None, description="Where to look; http or https."
    )
    attributes: Annotated[
        dict[
            Annotated[Line, Field(min_length=1, max_length=LONGEST_ATTRIBUTE_NAME)],
            Annotated[str, Field(max_length=LONGEST_ATTRIBUTE, pattern=_TEXT)],
        ],
        Field(max_length=MOST_ATTRIBUTES),
    ] = Field(default_factory=dict, description="Anything else, text to text.")


def _line(longest: int) -> str:
    return f"1 to {longest} characters on one line"


_HOST = {
    "ip": "an IPv4 or IPv6 address without a zone, such as 192.0.2.7 or 2001:db8::7",
    "port": f"a whole number from 0 to {HIGHEST_PORT}",
    "name": _line(LONGEST_NAME),
    "mac": "six octets, such as 00:00:5e:00:53:01",
    "user": _line(LONGEST_NAME),
    "groups": f"a list of at most {MOST_GROUPS} names",
    "groups.*": _line(LONGEST_NAME),
}
_MOMENT = "an RFC 3339 time with offset, such as 2026-11-24T22:00:00Z"

ACCEPTED = {
    "source": _line(LONGEST_SOURCE),
    "source_type": "api, alertmanager, eve, zeek, syslog, snmp, smtp, flows",
    "type": _line(LONGEST_TYPE),
    "category": ", ".join(CATEGORIES),
    "severity": ", ".join(Severity),
    "state": ", ".join(AlarmState),
    "dedup_key": _line(LONGEST_KEY),
    "started_at": _MOMENT,
    "last_seen_at": _MOMENT,
    "ended_at": _MOMENT,
    "source_host": "an object with any of: " + ", ".join(HostFields.model_fields),
    **{f"source_host.{name}": words for name, words in _HOST.items()},
    "target_host": "an object with any of: " + ", ".join(HostFields.model_fields),
    **{f"target_host.{name}": words for name, words in _HOST.items()},
    "protocol": _line(LONGEST_PROTOCOL),
    "details": f"text of at most {LONGEST_DETAILS} characters, without NUL",
    "url": f"an http or https address of at most {LONGEST_URL} ASCII characters, "
    "without a user name",
    "attributes": f"an object of at most {MOST_ATTRIBUTES} names with a text each",
    "attributes.*": f"text of at most {LONGEST_ATTRIBUTE} characters, without NUL; names of "
    f"1 to {LONGEST_ATTRIBUTE_NAME} characters on one line",
}
"""For each field, what can be taken."""
