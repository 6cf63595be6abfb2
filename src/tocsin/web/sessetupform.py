"""The forms of the setup assistant of Amazon SES: what was typed, and what it comes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from tocsin.base.secret import Secret
from tocsin.central.configuration import Configuration
from tocsin.central.problem import Invalid
from tocsin.engine.setup.entered import (
    AccessKey,
    Choice,
    Credentials,
    Entered,
    NewUser,
    SmtpUser,
)
from tocsin.engine.setup.signingin import signing_in
from tocsin.engine.setup.where import where
from tocsin.ses.endpoint import ENDPOINTS, has_no_smtp
from tocsin.web.problems import FormProblems, words_of

ENCRYPTIONS = (("starttls", "STARTTLS"), ("smtps", "SMTPS"))
_USUAL_PORT = {"starttls": 587, "smtps": 465}

SMTP, KEY, NEW = "smtp", "key", "new"
"""The three ways to sign in, as the form calls them."""
NEW_NAME = "tocsin-smtp"
"""Name of the IAM user that is proposed."""

_TYPED = ("region", "way", "user", "server", "port", "encryption", "endpoint_url", "name")
_TICKED = ("keep", "fips")
_FOLDED = frozenset({"fips", "server", "port", "encryption", "endpoint_url", "name"})
"""Names of the fields that are folded away."""
_FIELDS = frozenset({*_TYPED, *_TICKED, "password"})
_CHOSEN = ("sender", "to", "action")

_LONGEST = 200
"""Characters of a user name, a key and their like; what AWS gives out is far shorter."""
_LAST_PORT = 65535
_FIELD_OF = {
    "access_key": "user",
    "secret_key": "password",
    "from": "sender",
    "trust": "sha256",
}
"""Name of what cannot be → the field that it was typed into, where the two differ."""


def new() -> dict[str, Any]:
    """What an empty form begins with."""
    return {"way": SMTP, "encryption": "starttls", "port": "587", "name": NEW_NAME}


def values_of(entered: Entered) -> dict[str, Any]:
    """What was entered before, without its secrets."""
    credentials = entered.credentials
    encryption = entered.encryption or "starttls"
    values = {
        **new(),
        "region": entered.region,
        "fips": entered.fips,
        "server": entered.server or "",
        "encryption": encryption,
        "port": str(entered.port or _USUAL_PORT[encryption]),
        "endpoint_url": entered.endpoint_url or "",
    }
    match credentials:
        case SmtpUser():
            return {**values, "way": SMTP, "user": credentials.user}
        case AccessKey():
            given = credentials.asking  # the key of a user that was made was never typed
            way = NEW if credentials.watch is not None else KEY
            return {**values, "way": way, "user": given.access_key, "keep": given.keep}
        case NewUser():
            return {
                **values,
                "way": NEW,
                "user": credentials.access_key,
                "keep": credentials.keep,
                "name": credentials.name,
            }


def typed(form: QueryDict) -> dict[str, Any]:
    """What was typed into the first form, but for the secret."""
    values: dict[str, Any] = {name: _text(form, name) for name in _TYPED}
    # A blank that was copied along is told by its shape, so it stays.
    values["user"] = form.get("user", "").replace("\0", "")
    return values | {name: name in form for name in _TICKED}


def read(values: Mapping[str, Any], secret: Secret) -> Entered | FormProblems:
    """What is entered; or what is wrong with it, at its fields."""
    wrong = FormProblems()
    if values["region"] not in ENDPOINTS:
        wrong.tell("region", _("Choose the region in which your sender is verified."))
    elif has_no_smtp(values["region"]):
        wrong.tell("region", _("Amazon SES has no SMTP endpoint in this region."))
    if values["way"] not in {SMTP, KEY, NEW}:
        wrong.tell("way", _("Choose one of the three ways."))
    if values["encryption"] not in _USUAL_PORT:
        wrong.tell("encryption", _("Choose one of the list."))
    _check_lengths(values, secret, wrong)
    encryption, port = _reached_by(values, wrong)
    if wrong:
        return wrong
    return Entered(
        region=values["region"],
        credentials=_credentials(values, secret),
        fips=values["fips"],
        server=values["server"] or None,
        port=port,
        encryption=encryption,
        endpoint_url=values["endpoint_url"] or None,
    )


def _check_lengths(values: Mapping[str, Any], secret: Secret, wrong: FormProblems) -> None:
    # With the blanks around it: all of it is carried, in a cookie of at most 4096 bytes.
    texts = {name: values[name] for name in ("user", "server", "endpoint_url", "name")}
    texts["password"] = secret.reveal()
    for name in ("user", "password"):
        if not texts[name].strip():
            wrong.tell(name, _("This is needed."))
    for name, text in texts.items():
        if len(text) > _LONGEST:
            wrong.tell(name, _("At most %(count)d characters.") % {"count": _LONGEST})


def _credentials(values: Mapping[str, Any], secret: Secret) -> Credentials:
    user = values["user"]
    match values["way"]:
        case "key":
            return AccessKey(user, secret, keep=values["keep"])
        case "new":
            return NewUser(user, secret, values["name"], keep=values["keep"])
    return SmtpUser(user, secret)


def _reached_by(values: Mapping[str, Any], wrong: FormProblems) -> tuple[str | None, int | None]:
    """Encryption and port; None where it is as a new form has it: then the server tells."""
    text, encryption = values["port"], values["encryption"]
    if text and not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _LAST_PORT):
        wrong.tell("port", _("A port is a number from 1 to 65535."))
        return encryption, None
    usual = not text or int(text) == _USUAL_PORT.get(encryption)
    if usual:
        return (None if encryption == "starttls" else encryption), None
    return encryption, int(text)


def is_unfolded(values: Mapping[str, Any], wrong: FormProblems) -> bool:
    """Whether something in the folded part is wrong, or is not as a new form has it."""
    usual = new()
    said = {name for name in _FOLDED if values.get(name)}
    return bool(_FOLDED & set(wrong.fields)) or any(values[one] != usual.get(one) for one in said)


def judge(entered: Entered, configuration: Configuration) -> FormProblems:
    """What cannot be by itself, at its fields; nobody is asked.

    Raises:
        Refused: the server is another service of Amazon's.
    """
    wrong = FormProblems()
    try:
        signing_in(entered, where(entered).region, configuration.ses)
    except Invalid as invalid:
        for one in invalid.problems:
            name = _FIELD_OF.get(one.path, one.path)
            if name in _FIELDS:
                wrong.tell(name, words_of(one))
            else:
                wrong.other.append(str(one))
    return wrong


def chosen(form: QueryDict) -> dict[str, Any]:
    """What was chosen in the second form."""
    values: dict[str, Any] = {name: _text(form, name) for name in _CHOSEN}
    return {**values, "sha256": tuple(form.getlist("sha256"))}


def read_choice(values: Mapping[str, Any], anchor: str | None) -> Choice | FormProblems:
    """What was decided; or what is missing. `anchor`: SHA-256 of what is proposed to be trusted."""
    wrong = FormProblems()
    to = tuple(line.strip() for line in re.split(r"[\n,;]", values["to"]) if line.strip())
    if not values["sender"]:
        wrong.tell("sender", _("Enter the address that mail is sent from."))
    if not to:
        wrong.tell("to", _("Enter at least one recipient."))
    if not values["action"]:
        wrong.tell("action", _("Enter a name for the action."))
    if anchor is not None and anchor not in values["sha256"]:
        words = _("Compare the fingerprint and tick this: without it the relay does not verify.")
        wrong.tell("sha256", words)
    trust = (anchor,) if anchor is not None else ()
    return wrong or Choice(values["sender"], to, values["action"], trust)


def at_fields(invalid: Invalid) -> FormProblems:
    """What cannot be, at the fields of the second form."""
    wrong = FormProblems()
    for one in invalid.problems:
        path = one.path.partition("[")[0]
        name = _FIELD_OF.get(path, path)
        if name in {*_CHOSEN, "sha256"}:
            wrong.tell(name, words_of(one))
        else:
            wrong.other.append(str(one))
    return wrong


def _text(form: QueryDict, name: str) -> str:
    return form.get(name, "").replace("\0", "").strip()
