"""Faults of this machine, and of what was given to it."""

from __future__ import annotations

from tocsin.faults import place
from tocsin.faults.fault import Fault, Retry, Scope, Seriousness


def _local(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    severity: Seriousness = Seriousness.ERROR,
    retry: Retry = Retry.FINAL,
    scope: Scope = Scope.MESSAGE,
    **defaults: str,
) -> Fault:
    return Fault(code, title, cause, fix, severity, retry, scope, defaults)


FAULTS = (
    _local(
        "store.full",
        "The disk is full",
        "The store could not be written: no space is left on {path}.",
        "Free space there; alarms are refused until then, and nothing accepted is lost.",
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        path="its disk",
    ),
    _local(
        "store.locked",
        "The store is busy",
        "The store could not be written in time: another program holds it.",
        "End the other program that has tocsin.db open, such as a backup or a shell.",
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
    ),
    _local(
        "store.unreachable",
        "The database is out of reach",
        "The database does not answer: {problem}.",
        "Check that it runs and that TOCSIN_DATABASE_URL names it; nothing accepted is lost.",
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        problem="no connection",
    ),
    _local(
        "clock.skew",
        "This machine's clock is wrong",
        "This machine's clock differs from the relay's by {seconds} seconds.",
        "Turn on time synchronisation: timedatectl set-ntp true",
        severity=Seriousness.WARNING,
        scope=Scope.RELAY,
        seconds="many",
    ),
    _local(
        "message.template",
        "The message cannot be made of the alarm",
        "The template of {field} failed: {problem}.",
        f"Correct {{field}} in {place.ACTIONS} and look at its preview.",
        scope=Scope.ACTION,
        field="Subject or Body",
        problem="it cannot be rendered",
    ),
    _local(
        "input.invalid",
        "What was given cannot be taken",
        "{field} {problem}.",
        "Correct it and try again.",
        field="A value",
        problem="is not accepted",
    ),
    _local(
        "input.unknown-field",
        "A field is not known",
        "There is no field {field}; known are {accepted}.",
        "Correct its name, or put it under attributes.",
        field="of that name",
        accepted="those of the documentation",
    ),
    _local(
        "input.too-many",
        "Too much at once",
        "{count} were given; at most {limit} are taken at once.",
        "Send them in several parts.",
        count="Too many",
        limit="10000",
    ),
    _local(
        "input.not-found",
        "There is no such thing",
        "There is no {what} {name}.",
        "Look at the list for what exists.",
        what="entry",
        name="of that name",
    ),
    _local(
        "config.conflict",
        "It does not fit the present state",
        "{problem}.",
        "Look at the present state and try again.",
        problem="Something else was changed meanwhile",
    ),
    _local(
        "access.sign-in-required",
        "A sign-in is needed",
        "The request carries no valid token and no session.",
        "Sign in, or send the header 'Authorization: Bearer TOKEN'.",
        "Make a token: tocsin token add NAME --role ROLE",
    ),
    _local(
        "access.not-permitted",
        "The role does not allow this",
        "{name} has the role {role}, which does not allow it.",
        "Ask an administrator to do it, or for another role.",
        name="Whoever asked",
        role="it has",
    ),
    _local(
        "role.missing",
        "A part of the manager is not running",
        "The {role} is not running, so nothing would happen.",
        "Start the manager: tocsin up",
        role="responder",
    ),
    _local(
        "local.missing",
        "Something local is missing",
        "What was asked needs something on this machine that is not there: {problem}.",
        "Start the manager (tocsin up), or name its home with --home DIR.",
        retry=Retry.TRANSIENT,
        problem="it was not found",
    ),
    _local(
        "certificate.not-a-certificate",
        "The file holds no certificate",
        "What was given cannot be taken as a certificate: {problem}.",
        "Give a certificate as PEM (BEGIN CERTIFICATE), DER, PKCS#7, or PKCS#12 without a key.",
        problem="it is something else",
    ),
    _local(
        "certificate.private-key",
        "The file holds a private key",
        "What was given holds a private key, which has no place in a trust store; nothing of it "
        "was kept.",
        "Give the certificate alone. If the key left its owner's machine, replace it.",
    ),
    _local(
        "certificate.expired",
        "The certificate has expired",
        "The certificate of {subject} expired on {expires}; it would verify nothing.",
        "Get the current certificate from its issuer.",
        "To trust it all the same, say so: Knowingly on the page, --knowingly, or knowingly: true.",
        subject="its owner",
        expires="a day that has passed",
    ),
    _local(
        "certificate.duplicate",
        "The certificate is there already",
        "The certificate of {subject} is in the trust store as {name}.",
        "Nothing needs to be done.",
        severity=Seriousness.NOTE,
        subject="its owner",
        name="another entry",
    ),
    _local(
        "unknown",
        "Something that is not known yet",
        "What happened is not in the catalogue: {reply}.",
        "Look at the evidence: the step, and what was said there.",
        "From a log, take every line from the connection on, with the relay's reply in it (a "
        "number such as 554), rather than the last line alone.",
        "Walk the whole way to the relay, which shows the step that fails: tocsin doctor HOST",
        "Collect more: Test Action shows the conversation with the relay word for word, and "
        "'tocsin certs collect HOST:PORT' the certificates that it presents.",
        "The transcript holds no secrets: it can be shown to the relay's operator.",
        retry=Retry.TRANSIENT,
        reply="the evidence tells more",
    ),
)
