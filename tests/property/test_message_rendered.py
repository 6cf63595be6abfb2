"""Alarms of whatever text, through the email action to bytes and back."""

from __future__ import annotations

import contextlib
import email
import email.policy
import html.parser
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.channels.email.kind import Email
from tocsin.channels.email.settings import EmailSettings, check_own
from tocsin.channels.email.words import Language
from tocsin.channels.template import BadTemplate, NotRendered, Template, check_template
from tocsin.channels.variables import Told, take_over
from tocsin.domain.alarm import Alarm, AlarmState, Host, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.domain.telling import Telling
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


OWN_HTML = "<p title='{{ alarm.type }}'>{{ alarm.details }}<br>{{ alarms }}</p>"
OWN_SEVERAL = {
    "body": "{{ told }}{% for one in alarms %}\n{{ one.type }} {{ one.attributes }}{% endfor %}",
    "html": '{% for one in alarms %}<p title="{{ one.type }}">{{ one.details }}</p>{% endfor %}.',
}
TELLINGS = st.lists(
    st.builds(Telling, ALARM, st.sampled_from(TransitionKind)), min_size=1, max_size=5
)


@settings(deadline=None)
@given(
    tellings=TELLINGS,
    more=st.integers(0, 5_000),
    own=st.sampled_from([{}, OWN, {"html": OWN_HTML}, {**OWN, **OWN_SEVERAL}]),
    language=st.sampled_from(get_args(Language)),
    attach=st.booleans(),
)
def test_hostile_alarms_make_a_proper_mail(tellings, more, own, language, attach):
    """Whatever alarms hold: the mail has its own fields and parts, and no markup of theirs."""
    action = EmailSettings.model_validate(
        {
            "name": "x",
            "kind": "email",
            "to": ["soc@example.com"],
            "language": language,
            "bcc": ["hidden@example.com"],
            "attach_evidence": attach,
            **own,
        }
    )
    assert EMAIL.check(action) == []
    mail = EMAIL.render(
        action,
        tellings,
        told=len(tellings) + more,
        sender="a@example.com",
        message_id="<1@example.com>",
        date=0,
        url="https://tocsin.example/alarms",
        references=("<2@example.com>",),
    )
    content = compose(mail)
    assert content.isascii()
    assert b"hidden@" not in content
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    assert not message.defects
    assert message["Bcc"] is None
    names = [name.lower() for name in message]
    assert len(names) == len(set(names))
    files = [one.get_content_type() for one in message.iter_attachments()]
    wanted = "application/json" if len(tellings) == 1 else "text/csv"
    assert files == ([wanted] if attach else [])
    assert message.get_body(("plain",)) is not None
    shown = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in shown


TEMPLATE_PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", " if ", " for ", " in ", " endif ", " endfor ", "alarm", ".type", "|",
     "alarms", "told", "one",
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


MARKUP_PIECES = st.sampled_from(
    ["<p>", '<p title="', '<a href="', "<p style='", '">', "'>", "</p>", "</a>", "<style>",
     "</style>", "<p", "<a", "<img", "</p", ">", "/>", " title=", " href=", " style=",
     " src=", '"', "'", "<!--", "-->", "--!>", "<", "x", " ", "{{ alarm.type }}", "{{ url }}",
     "{{ alarm.url|weblink }}", "{% if url %}", "{% else %}", "{% endif %}", "https://x.example/",
     "{% for one in alarms %}", "{{ one.details }}", "{% endfor %}", "url(x)", "javascript:", "\n",
     "<title>", "</title>", "<!doctype html>", "&lt;", "color:red"]
)  # fmt: skip
EVIL = (
    '"><img src=x>',
    "'><script>x</script>",
    " onload=x ",
    "img src=//x.example ",
    "url(//x.example)",
    "--><img src=x>",
    "javascript:x",
)


class Fetches(html.parser.HTMLParser):
    """What a reader of the markup would fetch or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self._style = tag == "style"
        if tag in ("img", "script"):
            self.found.append(tag)
        for name, value in attrs:
            strange = name in ("src", "onload") or (name == "style" and "url(" in (value or ""))
            if strange or (name == "href" and (value or "").strip().startswith("javascript:")):
                self.found.append(f"{name}={value}")

    def handle_endtag(self, _tag):
        self._style = False

    def handle_data(self, data):
        if self._style and "url(" in data:
            self.found.append(data)


@settings(deadline=None, max_examples=500)
@given(
    source=st.lists(MARKUP_PIECES, max_size=20).map("".join),
    evil=st.sampled_from(EVIL),
    url=st.sampled_from(["", "https://tocsin.example/x"]),
)
def test_any_own_html_is_refused_or_fetches_nothing(source, evil, url):
    """Whatever markup is taken, and whatever an alarm holds: nothing is fetched, nothing runs."""
    try:
        check_own("html", source)
    except BadTemplate:
        return
    alarm = Alarm(
        "1",
        "s",
        "eve",
        evil,
        "Recon",
        Severity.MAJOR,
        AlarmState.ACTIVE,
        "k",
        0,
        details=evil,
        url=evil,
    )
    made = Template(source, html=True).render(Told(alarm, TransitionKind.ACTIVE, url))
    assert Fetches(made).found == []
