"""Email as a kind of response action: what to make of an alarm, or of several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import BaseModel

from tocsin.base.clock import Instant
from tocsin.channels.email import default, digest, frame
from tocsin.channels.email.evidence import MOST_ROWS, TooLarge, evidence
from tocsin.channels.email.settings import TEMPLATES, EmailSettings, check, check_own
from tocsin.channels.email.words import WORDS, Words
from tocsin.channels.sample import sample_alarm
from tocsin.channels.template import BadTemplate, Known, NotRendered, compiled, compiled_html
from tocsin.channels.variables import MOST_ALARMS, Told
from tocsin.domain.alarm import Alarm
from tocsin.domain.severity import Severity
from tocsin.domain.telling import Telling
from tocsin.mail.address import check_address
from tocsin.mail.attachment import Attachment
from tocsin.mail.message import Mail

# What mail programs show a grave mail by; Importance is RFC 2156's.
_PRIORITY = {
    Severity.CRITICAL: {"Importance": "high", "X-Priority": "1"},
    Severity.MAJOR: {"Importance": "high", "X-Priority": "2"},
}


class Unrenderable(Exception):
    """A template cannot be used, or failed on an alarm; `field` names it, `line` the place."""

    def __init__(self, field: str, reason: str, line: int | None = None) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Preview:
    """What the reader of a mail would see."""

    subject: str
    text: str
    html: str


class Email:
    """The kind."""

    name = "email"
    label = "Email"
    settings: type[BaseModel] = EmailSettings

    def check(self, settings: EmailSettings) -> list[tuple[str, str]]:
        """Problems of addresses and templates."""
        return check(settings)

    def recipients(self, settings: EmailSettings) -> tuple[str, ...]:
        """The addresses in the form that the relay is told, each once."""
        return _on_the_wire(settings.to + settings.cc + settings.bcc)

    def sample(self, now: Instant) -> Alarm:
        """The test alarm."""
        return sample_alarm(now)

    def most_tellings(self, settings: EmailSettings) -> int:
        """How many of the alarms that a mail tells it can show: as many as `render` looks at."""
        return MOST_ROWS if settings.attach_evidence else MOST_ALARMS

    def render(
        self,
        settings: EmailSettings,
        tellings: Sequence[Telling],
        *,
        told: int,
        sender: str,
        message_id: str,
        date: Instant,
        url: str = "",
        references: tuple[str, ...] = (),
    ) -> Mail:
        """The mail that tells an alarm, or several.

        An alarm is told even when the operator's own template fails on it: by the
        default one, with a note that says so.

        Args:
            settings: of the action.
            tellings: at least one, the gravest first; of many, `most_tellings` suffice.
            told: how many are told in all.
            sender: the From Email.
            message_id: of this mail, in angle brackets.
            date: when it was queued.
            url: the alarm's page; of several, the page that lists them all.
            references: message ids by which mail programs put mails together, such as
                one that all mails of an alarm share. Those of earlier mails alone would
                not do: Amazon SES gives every mail another (SES guide, "Header fields").
        """
        words = WORDS[settings.language]
        one = _told(tellings, told, url)
        notes: list[str] = []
        attachments = _attachments(settings, tellings, words, notes)
        subject, text, html = _shown(
            settings, one, words, lambda failure: notes.append(_note(failure, words))
        )
        return Mail(
            sender=sender,
            to=_on_the_wire(settings.to),
            cc=_on_the_wire(settings.cc),
            reply_to=_on_the_wire(settings.reply_to),
            subject=subject,
            text=frame.text_with_notes(text, notes) if notes else text,
            html=frame.html_with_notes(html, notes) if notes else html,
            message_id=message_id,
            date=date,
            headers=_headers(settings, one),
            references=references,
            attachments=attachments,
        )

    def preview(
        self,
        settings: EmailSettings,
        tellings: Sequence[Telling],
        *,
        told: int | None = None,
        url: str = "",
    ) -> Preview:
        """What these settings make of the alarms, saved or not; `told` as many as given.

        Raises:
            Unrenderable: a template cannot be saved, or fails on these alarms.
        """
        for field in TEMPLATES:
            template = getattr(settings, field)
            try:
                if template is not None:
                    check_own(field, template)
            except BadTemplate as error:
                raise Unrenderable(field, str(error), error.line) from error
        one = _told(tellings, told or len(tellings), url)
        return Preview(*_shown(settings, one, WORDS[settings.language], _raise))


def _told(tellings: Sequence[Telling], told: int, url: str) -> Told:
    first = tellings[0]
    return Told(first.alarm, first.transition, url, max(told, len(tellings)), tellings)


@lru_cache(maxsize=256)
def _on_the_wire(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(check_address(one) for one in addresses)


def _headers(settings: EmailSettings, told: Told) -> dict[str, str | tuple[str, ...]]:
    severity = told.alarm.severity
    headers: dict[str, str | tuple[str, ...]] = {"X-Tocsin-Severity": severity.value}
    if told.number > 1:
        headers["X-Tocsin-Alarms"] = str(told.number)
    else:
        headers["X-Tocsin-Alarm"] = told.alarm.id
    headers |= _PRIORITY.get(severity, {})
    if settings.configuration_set is not None:
        headers["X-SES-CONFIGURATION-SET"] = (settings.configuration_set,)
    if settings.message_tags:
        headers["X-SES-MESSAGE-TAGS"] = _listed(settings.message_tags)
    return headers


def _listed(tags: dict[str, str]) -> tuple[str, ...]:
    said = [f"{name}={value}" for name, value in tags.items()]
    return (*(f"{one}," for one in said[:-1]), said[-1])


def _attachments(
    settings: EmailSettings, tellings: Sequence[Telling], words: Words, notes: list[str]
) -> tuple[Attachment, ...]:
    if not settings.attach_evidence:
        return ()
    try:
        return (evidence(tellings),)
    except TooLarge as error:
        notes.append(words.no_evidence.format(octets=f"{error.octets:,}"))
        return ()


def _note(failure: Unrenderable, words: Words) -> str:
    return words.not_shown.format(field=failure.field, reason=failure.reason)


def _raise(failure: Unrenderable) -> None:
    raise failure


_OnFailure = Callable[[Unrenderable], None]


def _shown(
    settings: EmailSettings, told: Told, words: Words, on_failure: _OnFailure
) -> tuple[str, str, str]:
    """Subject, text and HTML; where the action's own template fails, the default's."""
    known: Known = {}
    made: list[str | None] = []
    for field, source in (
        ("subject", settings.subject),
        ("body", settings.body),
        ("html", settings.html),
    ):
        own = source and _own(field, source, told, known, words, on_failure)
        made.append(own)
    subject, text, html = made
    standard = digest if told.number > 1 else default
    subject = (subject or standard.subject(told, words)).strip()
    if text is None:
        text, standard_html = standard.body(told, words)
        html = html or standard_html
    elif html is None:
        html = frame.html_of_text(text, words.html_language, subject)
    return subject, text, html


def _own(
    field: str, source: str, told: Told, known: Known, words: Words, on_failure: _OnFailure
) -> str | None:
    """What the operator's template makes; None for the default one.

    Of several alarms it is asked only when it was written for several: one that names
    neither how many are told nor which would tell one of them as if it were the only one.
    """
    try:
        template = compiled_html(source) if field == "html" else compiled(source)
        if told.number > 1 and not template.for_several:
            return None
        made = template.render(told, known)
    except (BadTemplate, NotRendered) as error:
        on_failure(Unrenderable(field, str(error), error.line))
        return None
    if made.strip():
        return made
    on_failure(Unrenderable(field, words.empty))
    return None
