"""English."""

from __future__ import annotations

from tocsin.channels.email.words.shape import Words, hosts
from tocsin.domain.alarm import AlarmState, TransitionKind
from tocsin.domain.severity import Severity

ENGLISH = Words(
    html_language="en",
    severities={one: one.value for one in Severity},
    states={one: one.value for one in AlarmState},
    transitions={
        TransitionKind.ACTIVE: "active",
        TransitionKind.SEVERITY: "graver",
        TransitionKind.INACTIVE: "inactive",
    },
    headlines={
        TransitionKind.ACTIVE: "The alarm has become active.",
        TransitionKind.SEVERITY: "The alarm has become graver.",
        TransitionKind.INACTIVE: "The alarm has become inactive.",
    },
    facts={
        "severity": "Severity",
        "type": "Alarm",
        "category": "Category",
        "state": "State",
        **hosts(
            "Source host",
            "Target host",
            {
                "ip": "",
                "port": " port",
                "name": " name",
                "mac": " MAC",
                "user": " user",
                "groups": " groups",
            },
        ),
        "protocol": "Protocol",
        "source": "Source",
        "source_type": "Source type",
        "received_at": "Received",
        "started_at": "Started",
        "last_seen_at": "Last seen",
        "ended_at": "Ended",
        "count": "Reports",
        "url": "URL",
        "id": "Alarm id",
        "dedup_key": "Key",
    },
    colon=":",
    details="Details",
    attributes="Attributes",
    subject_source=" from {ip}",
    subject_target=" to {ip}",
    subject_inactive=" (inactive)",
    several_subject="[{severity}] {told} alarms: {type}",
    types=" … ({count} types)",
    types_at_least=" … ({count} types or more)",
    several_headline="{told} alarms, the gravest first.",
    of_shown=" (of the {count} at hand)",
    more="and {count} more",
    see_all="All of them",
    happened="What happened",
    alarm="alarm",
    not_shown="The action's own {field} is not shown: {reason}.",
    empty="its template makes no text",
    no_evidence="The evidence is not attached: it has {octets} octets.",
)
