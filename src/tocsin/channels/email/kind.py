"""Email as a kind of response action: what to make of an alarm."""

from __future__ import annotations

from tocsin.base.clock import Instant
from tocsin.channels.email import default
from tocsin.channels.email.settings import EmailSettings, check
from tocsin.channels.sample import sample_alarm
from tocsin.channels.template import NotRendered, Template, compiled
from tocsin.channels.variables import values
from tocsin.domain.alarm import Alarm, TransitionKind
from tocsin.mail.address import check_address
from tocsin.mail.message import Mail

_SUBJECT = Template(default.SUBJECT)
_TEXT = Template(default.TEXT)
_HTML = Template(default.HTML, html=True)
_HTML_OF_TEXT = Template(default.HTML_OF_TEXT, html=True)

# X-Priority is what mail programs show; RFC 2156 names Importance.
_PRIORITY = {5: ("1", "high"), 4: ("2", "high")}


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
    settings = EmailSettings

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
    ) -> Mail:
        """The mail that tells the alarm.

        Raises:
            Unrenderable: a template fails on this alarm.
        """
        known = values(alarm, transition)
        subject = _rendered("subject", settings.subject, _SUBJECT, known).strip()
        if settings.body is None:
            text = _rendered("body", None, _TEXT, known)
            html = _rendered("body", None, _HTML, known)
        else:
            text = _rendered("body", settings.body, _TEXT, known)
            html = _rendered("body", None, _HTML_OF_TEXT, {"text": text})
        headers = {"X-Tocsin-Alarm": alarm.id, "X-Tocsin-Severity": alarm.severity.value}
        if alarm.severity.rank in _PRIORITY:
            priority, importance = _PRIORITY[alarm.severity.rank]
            headers |= {"X-Priority": priority, "Importance": importance}
        return Mail(
            sender=sender,
            recipients=self.recipients(settings),
            subject=subject,
            text=text,
            html=html,
            message_id=message_id,
            date=date,
            headers=headers,
        )


def _rendered(
    field: str, source: str | None, otherwise: Template, known: dict[str, object]
) -> str:
    try:
        template = otherwise if source is None else compiled(source)
        return template.render(known)
    except NotRendered as error:
        raise Unrenderable(field, str(error)) from error
