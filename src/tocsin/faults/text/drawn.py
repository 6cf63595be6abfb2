"""Facts that stand in a text beside what went wrong: host, port, addresses, region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tocsin.faults.text.given import Given

_NEAR = 1_500
"""Characters on either side that are looked at first; then the beginning of the text."""
_FAR = 20_000

MAIL_PORTS = frozenset({"25", "465", "587", "2465", "2525", "2587"})

_NAME = r"(?<![\w.-])(?P<host>[A-Za-z0-9_-][\w.-]{0,252})"
_IP = r"(?P<address>[0-9A-Fa-f][0-9A-Fa-f.:]{1,45})"
_PORT = r"(?P<port>\d{1,5})"
_PLACES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _NAME + r" ?\[" + _IP + r"\]:(?P<port>\d{1,5})",
        _NAME + r" ?\[" + _IP + r"\]",
        r"host(?: name)?[:=]? [\"']?(?P<host>[\w-][\w.-]{0,252})[\"']?, port[:=]? " + _PORT,
        r"host, port: (?P<host>[\w-][\w.-]{0,252}), (?P<port>\d{1,5})",
        r"(?P<host>(?<![\w.-])email-smtp[\w.-]{1,100}amazonaws\.com(?:\.cn)?)(?::" + _PORT + ")?",
        _NAME + r" port (?P<port>\d{1,5})",
        _NAME + r", port (?P<port>\d{1,5})",
        r"\('" + _IP + r"', (?P<port>\d{1,5})",
        r"(?<![\w.:-])(?P<address>\d{1,3}(?:\.\d{1,3}){3}):(?P<port>\d{1,5})(?![\w.])",
        r"\[(?P<address>[0-9A-Fa-f:]{2,45})\]:(?P<port>\d{1,5})",
        _NAME + r":(?P<port>\d{1,5})(?![\w.:])",
    )
)
_SENDER = re.compile(
    r"(?:mail from: ?<|\bfrom=<|from address failed: ?|envelope-from <)"
    r"(?P<sender>[^\s<>\"'(),;]{3,254})",
    re.IGNORECASE,
)
_RECIPIENT = re.compile(
    r"(?:rcpt to: ?<|\bto=<|(?:\*\*|==|->) )(?P<recipient>[^\s<>\"'(),;@]{1,64}@"
    r"[^\s<>\"'(),;@]{1,190})",
    re.IGNORECASE,
)
_IN_REPLY = re.compile(r"<(?P<recipient>[^\s<>@]{1,64}@[^\s<>@]{1,190})>")
_AT = re.compile(r"^[\"'{(]{0,3}(?P<recipient>[^\s<>\"'(),;@{]{1,64}@[^\s<>\"'(),;@]{1,190})[\"']")
_REGION = re.compile(
    r"email(?:-smtp)?(?:-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]{2,10}){1,3}-\d)\.amazonaws"
)
_CERTIFICATE = (
    re.compile(r"(?:^|[\s*-])subject[:=] ?[`'\"]?(?P<subject>[^\n`'\"]{3,300})", re.IGNORECASE),
    re.compile(r"(?:^|[\s,*-])issuer[:=] ?[`'\"]?(?P<issuer>[^\n`'\"]{3,300})", re.IGNORECASE),
    re.compile(r"(?:^|\n)depth=0 (?P<subject>[^\n]{3,300})"),
    re.compile(r"(?:^|\n)\d+ s:(?P<subject>[^\n]{3,300})\ni:(?P<issuer>[^\n]{3,300})"),
    re.compile(r"(?:error:num=|return code: |verify_code=|\berror=)(?P<verify_code>\d{1,3})\b"),
)
_NOT_AFTER = re.compile(r"notAfter=(?P<expires>[^\n]{5,60})")
_BITS = re.compile(r"(?:Server Temp Key: DH, |parameter size )(?P<bits>\d{2,5})(?: bits)?")


def draw(code: str, given: Given, start: int, end: int) -> dict[str, str]:
    """The facts for a fault that was found between these places of the text."""
    facts: dict[str, str] = {}
    windows = _windows(given.text, start, end)
    area = code.partition(".")[0]
    for window in windows:
        _add(facts, _place(window))
        _add(facts, _one(_REGION, window.lower()))
        if area in {"smtp", "ses"}:
            _add(facts, _one(_SENDER, window))
            _add(facts, _one(_RECIPIENT, window))
        if area == "tls":
            for pattern in _CERTIFICATE:
                _add(facts, _one(pattern, window))
            if code == "tls.expired":
                _add(facts, _one(_NOT_AFTER, window))
            if code == "tls.dh-too-small":
                _add(facts, _one(_BITS, window))
    return facts


def sender_of(given: Given, start: int, end: int) -> str | None:
    """The envelope's sender, where the lines around say it."""
    windows = _windows(given.text, start, end)
    return next((found["sender"] for one in windows if (found := _SENDER.search(one))), None)


def recipient_of(given: Given, start: int, end: int) -> str | None:
    """The recipient of a refusal, where the lines around say it."""
    line, _ = given.line_of(start)
    own = given.text[line : min(end, line + 2_000)]
    for pattern in (_RECIPIENT, _IN_REPLY):
        found = None
        for found in pattern.finditer(own):  # noqa: B007 -- the last one counts
            pass
        if found is not None:
            return found["recipient"]
    before = own[: start - line]
    place = before.rfind("{")
    keyed = _AT.match(before[place:]) if place >= 0 else None
    if keyed is not None:
        return keyed["recipient"]
    windows = _windows(given.text, start, end)
    return next((found["recipient"] for one in windows if (found := _RECIPIENT.search(one))), None)


def _windows(text: str, start: int, end: int) -> tuple[str, ...]:
    """The line, then what is around it, then the beginning: the nearest word counts."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    line = text[max(first, start - _NEAR) : min(last, end + _NEAR)]
    return line, text[max(0, start - _NEAR) : end + _NEAR], text[:_FAR]


def _place(window: str) -> dict[str, str]:
    for pattern in _PLACES:
        for found in _first(pattern, window):
            facts = {name: value for name, value in found.groupdict().items() if value}
            host, port = facts.get("host", ""), facts.get("port", "")
            if host and not _is_host(host):
                continue
            if port and port not in MAIL_PORTS and not _beside_a_name(pattern, found):
                continue
            if host and host.replace(".", "").isdigit():
                facts["address"] = facts.pop("host")
            return facts
    return {}


def _first(pattern: re.Pattern[str], window: str) -> Iterator[re.Match[str]]:
    for number, found in enumerate(pattern.finditer(window)):
        if number >= _MOST:
            return
        yield found


_MOST = 20
_FILES = (".go", ".py", ".java", ".js", ".ts", ".c", ".cc", ".rb", ".php", ".cs", ".pem", ".log")


def _is_host(name: str) -> bool:
    return ("." in name.strip(".") and not name.lower().endswith(_FILES)) or name == "localhost"


def _beside_a_name(pattern: re.Pattern[str], found: re.Match[str]) -> bool:
    """Whether the words themselves say that it is a port, whatever its number."""
    return pattern not in _PLACES[-4:] or "dial tcp" in found.string


def _one(pattern: re.Pattern[str], window: str) -> Mapping[str, str]:
    found = pattern.search(window)
    if found is None:
        return {}
    return {name: value.strip(" .,;") for name, value in found.groupdict().items() if value}


def _add(facts: dict[str, str], more: Mapping[str, str]) -> None:
    for name, value in more.items():
        facts.setdefault(name, value)
