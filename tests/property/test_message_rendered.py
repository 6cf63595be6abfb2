"""Alarms of whatever text, through the email action to bytes and back."""

from __future__ import annotations

import contextlib
import email
import email.policy

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.channels.email.kind import Email
from tocsin.channels.email.settings import EmailSettings
from tocsin.channels.template import BadTemplate, NotRendered, Template, check_template
from tocsin.channels.variables import Told, take_over
from tocsin.domain.alarm import Alarm, AlarmState, Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.mail.message import compose

EMAIL = Email()
TEXT = st.text(st.characters(), max_size=200) | st.sampled_from(
    [
        "\r\nBcc: x@example.net\r\n\r\n",
        "<script>alert(1)</script>",
        "{{ alarm.id }}",
        "\0",
        "a\n.\nb",
    ]
)
HOST = st.builds(
    Host,
    ip=st.none() | TEXT,
    port=st.none() | st.integers(0, 65_535),
    name=st.none() | TEXT,
    mac=st.none() | TEXT,
    user=st.none() | TEXT,
    groups=st.lists(TEXT, max_size=3).map(tuple),
)
INSTANT = st.integers(0, 4_000_000_000_000_000)
ALARM = st.builds(
    Alarm,
    id=st.uuids().map(str),
    source=TEXT,
    source_type=TEXT,
    type=TEXT,
    category=TEXT,
    severity=st.sampled_from(Severity),
    state=st.sampled_from(AlarmState),
    dedup_key=TEXT,
    received_at=INSTANT,
    count=st.integers(1, 1_000_000),
    started_at=st.none() | INSTANT,
    ended_at=st.none() | INSTANT,
    source_host=HOST,
    target_host=HOST,
    protocol=st.none() | TEXT,
    details=TEXT,
    url=st.none() | TEXT,
    attributes=st.dictionaries(TEXT, TEXT, max_size=4),
)
OWN = {
    "subject": "{{ alarm.type }} {source_hostname} {{ alarm.attributes }}",
    "body": "{{ alarm.details }}\n{% for k, v in alarm.attributes.items() %}\n{{ k }}={{ v }}\n"
    "{% endfor %}",
}


@settings(deadline=None)
@given(alarm=ALARM, transition=st.sampled_from(TransitionKind), own=st.booleans())
def test_hostile_alarm_makes_a_proper_mail(alarm, transition, own):
    """Whatever an alarm holds: the mail has its own fields, two parts, no markup of the alarm's."""
    document = {"name": "x", "kind": "email", "to": ["soc@example.com"], **(OWN if own else {})}
    action = EmailSettings.model_validate(document)
    mail = EMAIL.render(
        action, alarm, transition, sender="a@example.com", message_id="<1@example.com>", date=0
    )
    content = compose(mail)
    assert content.isascii()
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    assert message["Bcc"] is None
    assert len(message.keys()) == len(set(message.keys()))
    assert [one.get_content_type() for one in message.iter_parts()] == ["text/plain", "text/html"]
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in html


TEMPLATE_PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", " if ", " for ", " in ", " endif ", " endfor ", "alarm", ".type", "|",
     "upper", "x", "(", ")", "[", "]", "'", "~", "*", "not ", " set ", "=", "1", "details", ",",
     ".attributes", ".items()", "loop.index", "\n", "{alarm_type_name}", "{#", "#}", "-"]
)  # fmt: skip


@settings(deadline=None)
@given(source=st.lists(TEMPLATE_PIECES, max_size=25).map("".join) | st.text(max_size=50))
def test_any_template_is_refused_or_usable(source):
    """Whatever an operator writes is refused as a bad template, or renders."""
    taken = take_over(source)
    assert take_over(taken) == taken
    try:
        check_template(taken)
    except BadTemplate:
        return
    alarm = Alarm("1", "s", "eve", "t", "Recon", Severity.MAJOR, AlarmState.ACTIVE, "k", 0)
    with contextlib.suppress(NotRendered):
        assert isinstance(Template(taken).render(Told(alarm, TransitionKind.ACTIVE)), str)
