"""Email as a kind of response action: what to make of an alarm."""

from __future__ import annotations

from pydantic import BaseModel

from tocsin.base.clock import Instant
from tocsin.channels.email import default
from tocsin.channels.email.settings import EmailSettings, check
from tocsin.channels.sample import sample_alarm
from tocsin.channels.template import BadTemplate, Known, NotRendered, Template, compiled
from tocsin.channels.variables import Told
from tocsin.domain.alarm import Alarm, TransitionKind
from tocsin.domain.severity import Severity
from tocsin.mail.address import check_address
from tocsin.mail.message import Mail

_SUBJECT = Template(default.SUBJECT)
_BODY = Template(default.BODY)
_HTML = Template(default.HTML, html=True)

# What mail programs show a grave mail by; Importance is RFC 2156's.
_PRIORITY = {
    Severity.CRITICAL: {"Importance": "high", "X-Priority": "1"},
    Severity.MAJOR: {"Importance": "high", "X-Priority": "2"},
}


class Unrenderable(Exception):
    """A template failed on an alarm; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Email:
    """The kind."""

    name = "email"
    label = "Email"
    settings: type[BaseModel] = EmailSettings

    def check(self, settings: EmailSettings) -> list[tuple[str, str]]:
        """Problems of addresses and templates."""
        return check(settings)

    def recipients(self, settings: EmailSettings) -> tuple[str, ...]:
        """The addresses in the form that the relay is told."""
        return tuple(check_address(one) for one in settings.to)

    def sample(self, now: Instant) -> Alarm:
        """The test alarm."""
        return sample_alarm(now)

    def render(
        self,
        settings: EmailSettings,
        alarm: Alarm,
        transition: TransitionKind,
        *,
        sender: str,
        message_id: str,
        date: Instant,
        url: str = "",
    ) -> Mail:
        """The mail that tells the alarm.

        An alarm is told even when the operator's own template fails on it: by the
        default one, with a note that says so.
        """
        told = Told(alarm, transition, url)
        known: Known = {}
        notes: list[str] = []
        subject = _own("subject", settings.subject, told, known, notes)
        body = _own("body", settings.body, told, known, notes)
        text = _BODY.render(told, known) if body is None else body
        html = _HTML.render(told, known) if body is None else default.html_of_text(text)
        return Mail(
            sender=sender,
            recipients=self.recipients(settings),
            subject=(subject or _SUBJECT.render(told, known)).strip(),
            text=default.text_with_notes(text, notes) if notes else text,
            html=default.html_with_notes(html, notes) if notes else html,
            message_id=message_id,
            date=date,
            headers={
                "X-Tocsin-Alarm": alarm.id,
                "X-Tocsin-Severity": alarm.severity.value,
                **_PRIORITY.get(alarm.severity, {}),
            },
        )


def _own(field: str, source: str | None, told: Told, known: Known, notes: list[str]) -> str | None:
    """What the operator's template makes; None, perhaps with a note why, for the default one."""
    if source is None:
        return None
    try:
        return _render_own(field, source, told, known)
    except Unrenderable as failure:
        notes.append(f"The action's own {failure.field} is not shown: {failure.reason}.")
        return None


def _render_own(field: str, source: str, told: Told, known: Known) -> str:
    try:
        made = compiled(source).render(told, known)
    except (BadTemplate, NotRendered) as error:
        raise Unrenderable(field, str(error)) from error
    if not made.strip():
        raise Unrenderable(field, "its template makes no text")
    return made
