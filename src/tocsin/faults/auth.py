"""Faults of the sign-in."""

from __future__ import annotations

from tocsin.faults import place
from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

_HOST = {"host": "the relay"}


def _auth(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    retry: Retry = Retry.FINAL,
    **defaults: str,
) -> Fault:
    """Every fault of the sign-in concerns the relay as a whole."""
    words = {**_HOST, **defaults}
    return Fault(code, title, cause, fix, Seriousness.ERROR, retry, Scope.RELAY, words)


FAULTS = (
    _auth(
        "auth.not-offered",
        "The relay offers no sign-in",
        "{host} lists no AUTH, but a user and password are configured.",
        f"If the relay needs none, clear User Name and Password in {place.SMTP}.",
        "Otherwise use its submission port, 587 or 465.",
    ),
    _auth(
        "auth.no-mechanism",
        "No way to sign in suits both sides",
        "{host} offers {mechanism}; Tocsin is set to use {chosen}.",
        f"Set the sign-in method in {place.SMTP} to auto, or to one that the relay offers.",
        "Or ask the relay's operator to allow PLAIN or SCRAM-SHA-256 under TLS.",
        mechanism="other mechanisms",
        chosen="SCRAM, PLAIN or LOGIN",
    ),
    _auth(
        "auth.relay-unproven",
        "The relay did not prove that it knows the password",
        "{host} took the sign-in, but not as a server that knows the password does: {reason}.",
        "Check who answers under that name: an impostor cannot give this proof.",
        "If it is the right relay and its SCRAM is at fault, set the sign-in method in "
        f"{place.SMTP} to plain.",
        reason="its signature is missing or wrong",
    ),
    _auth(
        "auth.rejected",
        "The relay rejects user name or password",
        "{host} did not accept the sign-in: {reply}.",
        f"Enter User Name and Password anew in {place.SMTP}; copy them without blanks.",
        "For Amazon SES both come from 'Create SMTP credentials' in the same region as SMTP "
        "Server; an IAM secret access key is not the password, but 'tocsin ses password' makes "
        "it one.",
        "SES credentials that nobody used for some weeks may have been removed: make new ones.",
        reply="535",
    ),
    _auth(
        "auth.required",
        "The relay wants a sign-in",
        "{host} takes no mail without a sign-in: {reply}.",
        f"Set User Name and Password in {place.SMTP}.",
        reply="530",
    ),
    _auth(
        "auth.temporary",
        "The sign-in cannot be checked now",
        "{host} could not check user name and password just now: {reply}.",
        "Nothing: the relay is tried again by itself.",
        retry=Retry.TRANSIENT,
        reply="454",
    ),
    _auth(
        "auth.secret-not-smtp-password",
        "An IAM secret access key was entered as the password",
        "The password has the shape of an IAM secret access key, which SES does not take over "
        "SMTP.",
        "Derive the SMTP password from it: tocsin ses password --region {region}",
        region="REGION",
    ),
    _auth(
        "auth.wrong-region",
        "The password belongs to another region",
        "The password was derived for another region than {region}.",
        "Create SMTP credentials in {region}, or set SMTP Server to the other region's endpoint.",
        region="that of SMTP Server",
    ),
    _auth(
        "auth.temporary-credentials",
        "Temporary credentials do not work over SMTP",
        "The user name begins with ASIA: it belongs to temporary credentials, which SES does not "
        "take over SMTP.",
        "Create SMTP credentials for an IAM user; its name begins with AKIA.",
    ),
    _auth(
        "auth.password-damaged",
        "The password was damaged on its way into the form",
        "The password has the length of an SES SMTP password only without {damage}.",
        f"Enter Password in {place.SMTP} anew, without {{damage}}.",
        "A '+' or '/' stands for itself here: only an address such as smtp://USER:PASSWORD@HOST "
        "wants them encoded.",
        damage="the blanks, quotes or encoding around it",
    ),
    _auth(
        "auth.wrong-user-name",
        "What was entered as User Name is none",
        "SES expects an access key id, which begins with AKIA; {user} is {kind}.",
        "Enter the SMTP user name that 'Create SMTP credentials' showed; it begins with AKIA.",
        user="what was entered",
        kind="something else",
    ),
)
