"""``derive-password`` and ``trim-password``: the password that was meant, of the one entered."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tocsin.base.secret import Secret
from tocsin.central.difference import Difference
from tocsin.central.relay import SET
from tocsin.central.smtp import FurtherRelay, Smtp
from tocsin.engine.remedies.plan import Case, Moot, Plan, edited, path_of
from tocsin.engine.remedies.words import Words
from tocsin.ses.password import derive

DERIVE = (
    "The password of the relay %(relay)s becomes the SMTP password that belongs to the IAM "
    "secret access key in %(region)s. The key itself is not kept."
)
WHERE = (
    "The password of the relay %(relay)s becomes the SMTP password that belongs to the IAM "
    "secret access key; its server's name does not say for which region."
)
TRIM = (
    "The password of the relay %(relay)s loses what does not belong to it: %(before)s "
    "characters become %(after)s."
)

_SECRET_KEY = re.compile(r"[A-Za-z0-9/+]{40}")
"""The form of an IAM secret access key."""
REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")
"""The form of a region's name."""
_BLANK = r"[\s\u200b-\u200f\u2060\ufeff]+"
"""Also the invisible ones that come along when somebody copies from a page."""
_EDGES = re.compile(rf"\A{_BLANK}|{_BLANK}\Z")
_QUOTES = ('""', "''", "``", "\u201c\u201d", "\u2018\u2019")
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")


def derived(case: Case) -> Plan:
    """From the secret that was entered anew, else from the one configured as the password."""
    one = case.configured()
    region = case.remedy.facts.get("region") or case.entered("region")
    if not region:
        return Plan(Words(WHERE, {"relay": one.name}), "", asks=("region",))
    if not REGION.fullmatch(region):
        raise Moot(f"{region[:40]!a} is no region; one looks like eu-west-1")
    says = Words(DERIVE, {"relay": one.name, "region": region})
    note = f"derived the SMTP password for {region} from the IAM secret, for the relay {one.name}"
    entered = case.entered("secret")
    secret = Secret(entered) if entered else one.password
    if secret is None or (not entered and _must_be_entered(case, secret)):
        return Plan(says, note, asks=("secret",), foreseen=_another(one))
    if not _SECRET_KEY.fullmatch(secret.reveal()):
        raise Moot("an IAM secret access key has 40 letters, digits, slashes and pluses")
    try:
        password = derive(secret, region)
    except ValueError as error:
        raise Moot(str(error)) from None
    if password == one.password:
        raise Moot(f"the password of the relay {one.name} is the one derived already")
    return Plan(says, note, edited(case, one, password=password))


def _must_be_entered(case: Case, configured: Secret) -> bool:
    return "secret" in case.remedy.asks or not _SECRET_KEY.fullmatch(configured.reveal())


def _another(one: Smtp | FurtherRelay) -> tuple[Difference, ...]:
    """What a new password will differ in."""
    before = SET if one.password else ""
    return (Difference(f"{path_of(one)}.password", before, "another" if before else SET),)


def cut_to_size(case: Case) -> Plan:
    """Without blanks and quotes around it, and without URL encoding."""
    one = case.configured()
    before = one.password
    after = None if before is None else trimmed(before)
    if before is None or after is None or before == after:
        raise Moot(f"the password of the relay {one.name} has nothing around it")
    facts = {
        "relay": one.name,
        "before": str(len(before.reveal())),
        "after": str(len(after.reveal())),
    }
    note = f"trimmed the password of the relay {one.name}"
    return Plan(Words(TRIM, facts), note, edited(case, one, password=after))


def trimmed(password: Secret) -> Secret | None:
    """The password without what stands around it; None when nothing is left."""
    text, bare = "", password.reveal()
    while text != bare:
        text, bare = bare, _unquoted(_EDGES.sub("", bare))
    if _ENCODED.search(text):
        text = unquote(text)
    return Secret(text) if text else None


def _unquoted(text: str) -> str:
    pair = text[:1] + text[-1:]
    return text[1:-1] if len(text) > 1 and pair in _QUOTES else text
