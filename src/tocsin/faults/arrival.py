"""Faults of the arrival probe: mail that does not come, a mailbox that cannot be read."""

from __future__ import annotations

from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

_ENTER = "Enter the mailbox anew under Deliveries > Arrival, or under arrival: tocsin config apply"


def _arrival(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    severity: Seriousness = Seriousness.ERROR,
    retry: Retry = Retry.FINAL,
    **defaults: str,
) -> Fault:
    """None of them stops mail: a relay that takes mail is not to blame for a mailbox."""
    return Fault(code, title, cause, fix, severity, retry, Scope.MESSAGE, defaults)


def _imap(
    code: str, title: str, cause: str, *fix: str, retry: Retry = Retry.FINAL, **defaults: str
) -> Fault:
    words = {"host": "The mail server", "reason": "it gave no reason", **defaults}
    return Fault(code, title, cause, fix, Seriousness.ERROR, retry, Scope.ACTION, words)


FAULTS = (
    _arrival(
        "arrival.missing",
        "Mail is accepted and does not arrive",
        "The relay accepted a mail to {to} at {accepted_at}; {waited} s later it was not in "
        "{folder} of the mailbox. What else the relay accepts may be lost on the same way.",
        "Open the delivery of the canary and note the relay's reply: its id is what the relay's "
        "own log and support look for.",
        "Look into the quarantine and the junk folder of the mailbox, and into its filter rules.",
        "See whether SPF, DKIM and DMARC of the From Email pass: tocsin message verify FILE, with "
        "a mail that did arrive; tocsin doctor",
        "See whether the mailbox is full, or forwards its mail elsewhere.",
        to="the probe's address",
        accepted_at="a known time",
        waited="some",
        folder="the folder",
    ),
    _arrival(
        "arrival.junk",
        "Mail arrives in the junk folder",
        "The relay accepted a mail to {to}, and the mailbox put it into {folder}, where nobody "
        "looks for alarms.",
        "Allow the From Email, or its domain, in the mailbox's filter.",
        "See whether SPF, DKIM and DMARC of the From Email pass: tocsin message verify FILE, with "
        "that mail; tocsin doctor",
        to="the probe's address",
        folder="the junk folder",
    ),
    _arrival(
        "arrival.late",
        "Mail arrives, but late",
        "A mail to {to} took {latency} s from the relay's acceptance to the mailbox; the probe "
        "allows {patience} s.",
        "Look at the hops of the canary under Deliveries > Arrival: the longest delay is where "
        "it waited.",
        "When the way is always this slow, raise patience_s of the probe.",
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        to="the probe's address",
        latency="many",
        patience="fewer",
    ),
    _imap(
        "imap.sign-in-rejected",
        "The mailbox's server rejects the sign-in",
        "{host} did not sign {user} in over IMAP: {reason}.",
        _ENTER,
        "Some providers want a password for programs (an app password), or IMAP to be switched on "
        "for the mailbox first.",
        user="the user",
    ),
    _imap(
        "imap.folder-missing",
        "The mailbox has no such folder",
        "{host} did not open the folder {folder}: {reason}.",
        "Write the folder as the server names it, with the folders above it, such as INBOX/Alarms.",
        folder="that was named",
    ),
    _imap(
        "imap.starttls-missing",
        "The mailbox's server offers no encryption",
        "{host} does not offer STARTTLS on port {port}, so no password was sent.",
        "Use encryption imaps and port 993, or have STARTTLS switched on at the server.",
        port="of the mailbox",
    ),
    _imap(
        "imap.unavailable",
        "The mailbox cannot be read now",
        "{host} did not answer as an IMAP server does: {reason}.",
        "Nothing, if it passes: the mailbox is looked at again by itself.",
        "If it lasts, see that server and port are those of IMAP (993, or 143 with STARTTLS).",
        retry=Retry.TRANSIENT,
    ),
)
