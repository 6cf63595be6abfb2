"""Tags and filters of the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.template.defaultfilters import date as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext

from tocsin.base.clock import DAY, HOUR, MINUTE, SECOND, Instant, now, rfc3339, to_datetime
from tocsin.domain.alarm import Host
from tocsin.domain.delivery import DeliveryState
from tocsin.domain.severity import Severity
from tocsin.faults.fault import Explained
from tocsin.mail.mark import mark_line, mark_text
from tocsin.web import wording
from tocsin.web.remedy import Remedy
from tocsin.web.remedy import is_of_the_path as is_of_path
from tocsin.web.remedy import remedy as remedy_of
from tocsin.web.spoken import spoken as spoken_of

register = template.Library()


@register.filter
def when(instant: Instant | None) -> str:
    """A time in UTC to the second; of today the time alone."""
    if instant is None:
        return ""
    moment = to_datetime(instant)
    today = instant // DAY == now() // DAY
    shown = moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")
    return _time(instant, shown)


@register.filter
def moment(instant: Instant | None) -> str:
    """A time in UTC in full, to the second."""
    if instant is None:
        return ""
    return _time(instant, to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S"))


@register.filter
def day(instant: Instant | None) -> str:
    """The day of a time in UTC."""
    return "" if instant is None else _time(instant, rfc3339(instant)[:10])


@register.filter
def ago(instant: Instant | None) -> str:
    """How long ago a time is, in its largest unit."""
    if instant is None:
        return ""
    elapsed = max(0, now() - instant)
    if elapsed < MINUTE:
        words, count = gettext("%(count)d s ago"), elapsed // SECOND
    elif elapsed < HOUR:
        words, count = gettext("%(count)d min ago"), elapsed // MINUTE
    elif elapsed < DAY:
        words, count = gettext("%(count)d h ago"), elapsed // HOUR
    else:
        count = elapsed // DAY
        words = ngettext("%(count)d day ago", "%(count)d days ago", count)
    return _time(instant, words % {"count": count})


def _time(instant: Instant, shown: str) -> SafeString:
    whole = rfc3339(instant)
    return format_html('<time datetime="{}" title="{}">{}</time>', whole, whole, shown)


@register.filter
def iso_day(text: str | None) -> str:
    """A time in RFC 3339 text, to the minute."""
    return (text or "")[:16].replace("T", " ")


@register.filter
def severity(one: Severity) -> SafeString:
    """A severity by shape, word and colour."""
    return format_html('<span class="severity {}">{}</span>', one.value, wording.severity(one))


@register.filter
def delivery_state(state: DeliveryState) -> SafeString:
    """A delivery's state by shape, word and colour."""
    return format_html(
        '<span class="state {}">{}</span>', state.value, wording.delivery_state(state)
    )


@register.filter
def fingerprint(sha256: str) -> str:
    """A fingerprint in groups that can be compared by eye."""
    return " ".join(sha256[at : at + 4] for at in range(0, len(sha256), 4))


@register.filter
def milliseconds(seconds: float) -> str:
    """Seconds since the beginning, to the millisecond."""
    return f"{seconds:.3f}"


@register.filter
def took(attempt: Any) -> str:
    """How long an attempt took."""
    return f"{(attempt.finished_at - attempt.started_at) / 1_000_000:.3f} s"


@register.filter
def get(mapping: Mapping[str, Any], key: str) -> Any:
    """The value of a key; nothing when it is not there."""
    return mapping.get(key, "") if isinstance(mapping, Mapping) else ""


@register.inclusion_tag("tocsin/part/field.html")
def field(
    name: str,
    label: str,
    values: Mapping[str, Any],
    errors: Mapping[str, str],
    **options: Any,
) -> dict[str, Any]:
    """A form's field: label above, help below, error in words, what was typed is kept.

    Options: `type` (text, number, email, password, file, textarea), `help`, `rows`,
    `placeholder`, `required`, `autocomplete`, `mono`.
    """
    return {
        "name": name,
        "label": label,
        "value": values.get(name, "") if isinstance(values, Mapping) else "",
        "error": errors.get(name, "") if isinstance(errors, Mapping) else "",
        "type": options.pop("type", "text"),
        **options,
    }


@register.inclusion_tag("tocsin/part/choice.html")
def choice(
    name: str,
    label: str,
    choices: Sequence[tuple[str, str]],
    chosen: Any,
    error: str = "",
    help: str = "",  # noqa: A002 -- as templates call it
) -> dict[str, Any]:
    """A form's list of choices."""
    return {
        "name": name,
        "label": label,
        "choices": choices,
        "chosen": "" if chosen is None else str(chosen),
        "error": error,
        "help": help,
    }


@register.filter
def station(name: str) -> str:
    """A station of the path in words."""
    return wording.station(name)


@register.filter
def datetime_in_words(value: Any) -> str:
    """A moment of the framework's own kind."""
    return format_date(value, "Y-m-d H:i") if value else pgettext("of a sign-in", "never")


@register.filter
def remedy(told: Explained) -> Remedy | None:
    """The button that begins the fix of a failure."""
    return remedy_of(told)


@register.filter
def is_of_the_path(told: Explained) -> bool:
    """Whether the doctor can say more about a failure."""
    return is_of_path(told)


@register.filter
def weblink(url: str | None) -> str:
    """The address when it is that of a web page: others would be taken for ours."""
    text = url or ""
    return text if text.lower().startswith(("http://", "https://")) else ""


@register.filter
def is_past(instant: Instant) -> bool:
    """Whether a time has passed."""
    return instant < now()


@register.filter
def host(one: Host) -> str:
    """An end of an alarm as lists show it: address and port, else its name."""
    if one.ip is None:
        return mark_line(one.name or one.user or "")
    address = f"[{one.ip}]" if ":" in one.ip and one.port is not None else one.ip
    return address if one.port is None else f"{address}:{one.port}"


@register.filter
def one_line(text: str | None) -> str:
    """A stranger's text as one line: what would turn or break it is marked."""
    return mark_line(text or "")


@register.filter
def many_lines(text: str | None) -> str:
    """A stranger's text as lines: what would turn it is marked."""
    return mark_text(text or "")


@register.filter
def spoken(told: Explained | None) -> Explained | None:
    """A fault in the language of the page."""
    return None if told is None else spoken_of(told)


@register.filter
def translated(words: str) -> str:
    """Words that come from the engine, in the language of the page."""
    return wording.engine(words)
