"""Faults of the SMTP conversation."""

from __future__ import annotations

from tocsin.faults import place
from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

_DEFAULTS = {
    "host": "the relay",
    "address": "the relay",
    "port": "that is configured",
    "reply": "no reason given",
    "recipient": "a recipient",
    "stage": "of the conversation",
}


def _smtp(
    code: str,
    title: str,
    cause: str,
    *fix: str,
    severity: Seriousness = Seriousness.ERROR,
    retry: Retry = Retry.FINAL,
    scope: Scope = Scope.RELAY,
    **defaults: str,
) -> Fault:
    return Fault(code, title, cause, fix, severity, retry, scope, {**_DEFAULTS, **defaults})


FAULTS = (
    # Connection and greeting
    _smtp(
        "smtp.not-configured",
        "No SMTP server is configured",
        "Mail is to be sent, but no SMTP server is configured.",
        f"Fill in {place.SMTP} and press Apply Settings.",
        "To see everything work without a server of your own, run 'tocsin up --rehearsal'.",
    ),
    _smtp(
        "smtp.not-smtp",
        "Something that is no mail server answers",
        "{host} answered on the port {port} with {reply}, which is not SMTP.",
        f"Check SMTP Server and Port in {place.SMTP}.",
        "An HTTP answer means a proxy or the HTTPS API: for Amazon SES the SMTP endpoint is "
        "email-smtp.REGION.amazonaws.com, not email.REGION.amazonaws.com.",
        reply="other words",
    ),
    _smtp(
        "smtp.banner-timeout",
        "The relay accepts the connection and says nothing",
        "{address} took the connection but sent no complete greeting in time.",
        "If the port is 465 or 2465, set Encryption Type to SMTPS: such a port waits for TLS and "
        "stays silent.",
        "Otherwise a filter in between, or an overloaded relay, holds the greeting back.",
        retry=Retry.TRANSIENT,
    ),
    _smtp(
        "smtp.greeting-refused",
        "The relay turns this machine away",
        "The relay does not talk to this machine: {reply}.",
        "Ask the relay's operator to let this machine's address in; the reply often names a block "
        "list, or a missing name (PTR record) for the address.",
        "If another address of this machine is allowed, send from that one.",
    ),
    _smtp(
        "smtp.masked-by-firewall",
        "A firewall rewrites the conversation",
        "The greeting or the capabilities were overwritten on the way (asterisks or X's), so "
        "STARTTLS cannot be used.",
        "Turn off SMTP inspection ('fixup protocol smtp', 'inspect esmtp') on the firewall.",
        "Or use SMTPS on port 465 or 2465, which such a firewall cannot look into.",
    ),
    _smtp(
        "smtp.too-many-connections",
        "The relay allows no more connections",
        "The relay refused another connection: {reply}.",
        "Nothing: fewer connections are made, and the mail waits.",
        "If it lasts, something else uses the same credentials or address.",
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
    ),
    _smtp(
        "smtp.closed-early",
        "The relay hangs up",
        "The connection to {host} was closed at the step {stage}, before an answer came.",
        "Nothing at first: mail waits in the queue, and the relay is tried again by itself.",
        "A connection closed before the greeting often means a block list, or a TLS port spoken "
        f"to in the clear: check Encryption Type in {place.SMTP}.",
        retry=Retry.TRANSIENT,
    ),
    _smtp(
        "smtp.timeout",
        "The relay stopped answering",
        "{host} gave no complete answer in time at the step {stage}.",
        "Nothing at first: mail waits in the queue, and the relay is tried again by itself.",
        "If short commands pass and messages do not, look for a path MTU problem.",
        retry=Retry.TRANSIENT,
    ),
    # STARTTLS
    _smtp(
        "smtp.starttls-missing",
        "The relay offers no STARTTLS",
        "{host} does not list STARTTLS, so the connection would stay in the clear; no password "
        "and no mail was sent.",
        f"Check Port and Encryption Type in {place.SMTP}: 587, 2587 and 25 with STARTTLS, 465 and "
        "2465 with SMTPS.",
        "If the relay is known to offer it, something on the way strips it: look at firewalls and "
        "proxies.",
    ),
    _smtp(
        "smtp.starttls-required",
        "The relay demands encryption first",
        "The relay takes no commands before STARTTLS: {reply}.",
        f"Set Encryption Type to STARTTLS in {place.SMTP}.",
        reply="530",
    ),
    _smtp(
        "smtp.starttls-refused",
        "The relay refuses to start TLS",
        "The relay lists STARTTLS but answered it with {reply}.",
        "Nothing at first: often this passes, and the relay is tried again by itself.",
        "If it lasts, tell the relay's operator that its TLS does not start.",
        retry=Retry.TRANSIENT,
        reply="a refusal",
    ),
    _smtp(
        "smtp.starttls-injection",
        "Plain text was slipped in before encryption",
        "After agreeing to STARTTLS, more bytes came in the clear; somebody on the way may try to "
        "speak inside the encrypted conversation (CVE-2011-0411). The connection was ended.",
        "Find out what stands between this machine and the relay, and remove it.",
        "Use SMTPS on port 465 or 2465 meanwhile: it has no unencrypted start.",
    ),
    # Sender and recipients
    _smtp(
        "smtp.sender-refused",
        "The relay refuses the sender",
        "The relay does not take mail from {sender}: {reply}.",
        f"Set From Email in {place.SMTP} to an address that this relay lets you send from.",
        "For Amazon SES that is an address of a verified identity in the same region.",
        sender="this address",
    ),
    _smtp(
        "smtp.address-syntax",
        "An address is not written as the relay accepts it",
        "The relay does not take {recipient} as an address: {reply}.",
        f"Correct the address under To in {place.ACTIONS}.",
        scope=Scope.RECIPIENT,
        recipient="what was given",
        reply="it was refused",
    ),
    _smtp(
        "smtp.no-recipients",
        "Nobody is left to send to",
        "The relay refused every recipient of the message: {reply}.",
        f"Correct the addresses under To in {place.ACTIONS}.",
        scope=Scope.MESSAGE,
    ),
    _smtp(
        "smtp.recipient-refused",
        "The relay refuses a recipient",
        "The relay does not take mail for {recipient}: {reply}.",
        f"Correct or remove the address under To in {place.ACTIONS}; other recipients of the same "
        "message are not affected.",
        scope=Scope.RECIPIENT,
    ),
    _smtp(
        "smtp.greylisted",
        "The relay asks to come back later",
        "The relay puts off mail for {recipient} that it has not seen before: {reply}.",
        "Nothing: the message is sent again by itself after a while.",
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        scope=Scope.RECIPIENT,
        reply="it greylists",
    ),
    _smtp(
        "smtp.too-many-recipients",
        "The message has too many recipients",
        "The relay takes no message with so many recipients: {reply}.",
        f"Split the recipients over several actions in {place.ACTIONS}; Amazon SES takes 50 a "
        "message.",
        "Or use one address that is a distribution list.",
        scope=Scope.MESSAGE,
        reply="too many",
    ),
    _smtp(
        "smtp.relay-denied",
        "The relay does not pass mail on for this machine",
        "The relay takes no mail from here for {recipient}: {reply}.",
        f"If the relay wants a sign-in, set User Name and Password in {place.SMTP}.",
        "Otherwise ask its operator to let this machine relay.",
        recipient="other domains",
        reply="relaying denied",
    ),
    # The message
    _smtp(
        "smtp.message-too-large",
        "The message is too large for the relay",
        "The relay does not take a message of this size: {reply}.",
        f"Shorten Body in {place.ACTIONS}; alarm details can be long.",
        scope=Scope.MESSAGE,
        reply="too large",
    ),
    _smtp(
        "smtp.content-rejected",
        "The relay refuses the message for what it says",
        "The relay did not take the message: {reply}.",
        "Read the relay's words: a filter there may object to a word, a link or a header.",
        f"Change Subject or Body in {place.ACTIONS}, or ask the relay's operator to let alarm mail "
        "pass.",
        scope=Scope.MESSAGE,
    ),
    _smtp(
        "smtp.temporary",
        "The relay cannot take the message now",
        "The relay put the message off: {reply}.",
        "Nothing: the message is sent again by itself.",
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        scope=Scope.MESSAGE,
        reply="later",
    ),
    _smtp(
        "smtp.outcome-unknown",
        "It is not known whether the relay took the message",
        "The whole message was handed over, but no clear answer to it came; it may have arrived.",
        "Nothing: it is sent again under the same Message-ID, so that a mail program can tell a "
        "second copy, and the delivery is marked.",
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        scope=Scope.MESSAGE,
    ),
)
