"""What is wrong with credentials for SES SMTP, told before anything is sent.

Amazon answers every mistake with the same 535. The shapes of what it gives out tell most
of them apart: access key ids begin with four letters that say what they name, an SMTP
password is 44 characters whose first two hold its version, a secret access key is 40.
"""

from __future__ import annotations

import hmac
import re

from tocsin.base.secret import Secret
from tocsin.faults.fault import Finding
from tocsin.ses.endpoint import ENDPOINTS
from tocsin.ses.password import derive
from tocsin.ses.shape import Shape, repair

_KEY_ID_LENGTH = 20
_LONGEST_USER = 80
"""Characters of a user name that are repeated; nothing that Amazon gives out is longer."""

_AMAZON_ID = re.compile(r"(?:AKIA|ASIA|AIDA|AROA|AGPA|AIPA|ANPA)[A-Z0-9]{12,}", re.IGNORECASE)
_ASIA = re.compile(r"ASIA[A-Z0-9]{16,}")
_KEY_ID = re.compile(r"AKIA[A-Z0-9]{16,}")

_KINDS = (
    (re.compile(r"AIDA[A-Z0-9]{12,}"), "the id of an IAM user"),
    (re.compile(r"AROA[A-Z0-9]{12,}"), "the id of an IAM role"),
    (re.compile(r"AGPA[A-Z0-9]{12,}"), "the id of an IAM group"),
    (re.compile(r"AIPA[A-Z0-9]{12,}"), "the id of an instance profile"),
    (re.compile(r"ANPA[A-Z0-9]{12,}"), "the id of an IAM policy"),
    (re.compile(r"AKIA[A-Z0-9]{0,15}"), "an access key id that was cut short"),
    (re.compile(r"(?i:AKIA)[A-Za-z0-9]{16}"), "an access key id with small letters in it"),
    (re.compile(r"ses-smtp-user\.[0-9]{8}-[0-9]{6}"), "the name of an IAM user"),
    (re.compile(r"arn:aws[a-z-]*:iam::[0-9]*:.*"), "the ARN of an IAM identity"),
    (re.compile(r"inp-[A-Za-z0-9]+"), "a user of SES Mail Manager"),
    (re.compile(r"[^@\s]+@[^@\s]+"), "an e-mail address"),
)
_SECRET_KINDS = {
    Shape.PASSWORD: "an SMTP password",
    Shape.OLD_PASSWORD: "an SMTP password",
    Shape.SECRET_KEY: "an IAM secret access key",
}


def judge_credentials(user: str, password: Secret, region: str | None) -> tuple[Finding, ...]:
    """What is wrong with user name and password, by their shape; nothing is asked of anybody.

    `region` is that of the SES endpoint they are for; None where the host is no SES endpoint.
    Then they are judged only if the user name is an id of Amazon's: other relays have
    names and passwords of any shape. The facts never hold the password.
    """
    if region is None and not _AMAZON_ID.fullmatch(user.strip()):
        return ()
    found = (_judge_user(user, password), *_judge_password(password, region))
    return tuple(one for one in found if one is not None)


def regions_matching(secret: Secret, password: Secret) -> tuple[str, ...]:
    """The regions for which this secret access key gives this SMTP password.

    Both are taken without the damage of copying. Usually one region, or none: then the
    two do not belong together. The outdated form of password belongs to no region.
    """
    key, given = repair(secret).text, repair(password).text.reveal().encode()
    try:
        derived = {region: derive(key, region).reveal().encode() for region in ENDPOINTS}
    except ValueError:  # no secret access key at all
        return ()
    return tuple(
        region for region, expected in derived.items() if hmac.compare_digest(expected, given)
    )


def judge_region(secret: Secret, password: Secret, region: str) -> Finding | None:
    """``auth.wrong-region`` where the secret gives this password for other regions only."""
    matching = regions_matching(secret, password)
    if not matching or region in matching:
        return None
    return Finding("auth.wrong-region", {"region": region, "derived_for": ", ".join(matching)})


def _judge_user(user: str, password: Secret) -> Finding | None:
    name = user.strip()
    if _ASIA.fullmatch(name):
        return Finding("auth.temporary-credentials")
    if not name or (_KEY_ID.fullmatch(name) and name == user):
        return None
    secret = _secret_kind(user, password)
    if secret is not None:  # then it is not repeated
        return Finding("auth.wrong-user-name", {"kind": secret})
    return Finding("auth.wrong-user-name", {"user": name[:_LONGEST_USER], "kind": _kind(name)})


def _secret_kind(user: str, password: Secret) -> str | None:
    """What it is if it must not be shown: a secret in the field of the user name."""
    shape = repair(Secret(user)).shape
    if shape is not Shape.OTHER:
        return _SECRET_KINDS[shape]
    if password and password.reveal().strip() in user:
        return "the password once more"
    return None


def _kind(name: str) -> str:
    if _KEY_ID.fullmatch(name):
        return "an access key id with a blank around it"
    return next((words for form, words in _KINDS if form.fullmatch(name)), "no access key id")


def _judge_password(password: Secret, region: str | None) -> tuple[Finding, ...]:
    mended = repair(password)
    if mended.shape is Shape.SECRET_KEY:
        # Blanks around it do not matter any more: another password takes its place.
        facts = {} if region is None else {"region": region}
        return (Finding("auth.secret-not-smtp-password", facts),)
    found = []
    if mended.shape is Shape.OLD_PASSWORD:
        found.append(Finding("ses.old-password", {"reply": "its first characters tell"}))
    if mended.damage:
        found.append(Finding("auth.password-damaged", {"damage": " and ".join(mended.damage)}))
    return tuple(found)
