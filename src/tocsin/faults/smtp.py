"""Faults of the SMTP conversation."""

from __future__ import annotations

from tocsin.faults.fault import Fault, Retry, Scope, Seriousness

_ERROR = Seriousness.ERROR
_FORM = "Central Management > Edit Appliance Configuration > General > SMTP Configuration"

FAULTS = (
    Fault(
        code="smtp.not-configured",
        title="No SMTP server is configured",
        cause="Mail is to be sent, but no SMTP server is configured.",
        fix=(
            f"Fill in {_FORM} and press Apply Settings.",
            "To see everything work without a server of your own, run 'tocsin up --rehearsal'.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
    ),
    Fault(
        code="smtp.not-smtp",
        title="Something that is no mail server answers",
        cause="{host} port {port} answered with {reply}, which is not SMTP.",
        fix=(
            f"Check SMTP Server and Port in {_FORM}.",
            "An HTTP answer means a proxy or the HTTPS API: for Amazon SES the SMTP endpoint is "
            "email-smtp.REGION.amazonaws.com, not email.REGION.amazonaws.com.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
        defaults={"host": "The server", "port": "that is configured", "reply": "other words"},
    ),
    Fault(
        code="smtp.banner-timeout",
        title="The relay accepts the connection and says nothing",
        cause="{address} took the connection but sent no complete greeting in time.",
        fix=(
            "If the port is 465 or 2465, set Encryption Type to SMTPS: such a port waits for TLS "
            "and stays silent.",
            "Otherwise a filter in between, or an overloaded relay, holds the greeting back.",
        ),
        severity=_ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"address": "The relay"},
    ),
    Fault(
        code="smtp.greeting-refused",
        title="The relay turns this machine away",
        cause="The relay greeted with a refusal: {reply}.",
        fix=(
            "Ask the relay's operator to let this machine's address in; the reply often names a "
            "block list.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
        defaults={"reply": "no reason given"},
    ),
    Fault(
        code="smtp.masked-by-firewall",
        title="A firewall rewrites the conversation",
        cause="The greeting or the capabilities were overwritten on the way (asterisks or X's), "
        "so STARTTLS cannot be used.",
        fix=(
            "Turn off SMTP inspection ('fixup protocol smtp', 'inspect esmtp') on the firewall.",
            "Or use SMTPS on port 465 or 2465, which such a firewall cannot look into.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
    ),
    Fault(
        code="smtp.starttls-missing",
        title="The relay offers no STARTTLS",
        cause="{host} does not list STARTTLS, so the connection would stay in the clear; no "
        "password and no mail was sent.",
        fix=(
            "Check Port and Encryption Type: 587, 2587 and 25 with STARTTLS, 465 and 2465 with "
            "SMTPS.",
            "If the relay is known to offer it, something on the way strips it: look at firewalls "
            "and proxies.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
        defaults={"host": "The relay"},
    ),
    Fault(
        code="smtp.starttls-required",
        title="The relay demands encryption first",
        cause="The relay takes no commands before STARTTLS: {reply}.",
        fix=(f"Set Encryption Type to STARTTLS in {_FORM}.",),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
        defaults={"reply": "530"},
    ),
    Fault(
        code="smtp.starttls-refused",
        title="The relay refuses to start TLS",
        cause="The relay lists STARTTLS but answered it with {reply}.",
        fix=(
            "Often this passes; the relay is tried again by itself.",
            "If it lasts, tell the relay's operator that its TLS does not start.",
        ),
        severity=_ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"reply": "a refusal"},
    ),
    Fault(
        code="smtp.starttls-injection",
        title="Plain text was slipped in before encryption",
        cause="After agreeing to STARTTLS, more bytes came in the clear; somebody on the way may "
        "try to speak inside the encrypted conversation (CVE-2011-0411). The connection was "
        "ended.",
        fix=(
            "Find out what stands between this machine and the relay, and remove it.",
            "Use SMTPS on port 465 or 2465 meanwhile: it has no unencrypted start.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
    ),
    Fault(
        code="smtp.address-syntax",
        title="An address is not written as the relay accepts it",
        cause="The relay does not take the address {recipient} as one: {reply}.",
        fix=(
            "Correct the address in Response Management > Actions (To), or From Email in SMTP "
            "Configuration when it is the sender's.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RECIPIENT,
        defaults={"recipient": "given", "reply": "it was refused"},
    ),
    Fault(
        code="smtp.no-recipients",
        title="Nobody is left to send to",
        cause="The relay refused every recipient of the message: {reply}.",
        fix=("Correct the addresses under To in Response Management > Actions.",),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.MESSAGE,
        defaults={"reply": "no reason given"},
    ),
    Fault(
        code="smtp.sender-refused",
        title="The relay refuses the sender",
        cause="The relay does not take mail from {sender}: {reply}.",
        fix=(
            f"Set From Email in {_FORM} to an address that this relay lets you send from.",
            "For Amazon SES that is an address of a verified identity in the same region.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
        defaults={"sender": "this address", "reply": "it was refused"},
    ),
    Fault(
        code="smtp.recipient-refused",
        title="The relay refuses a recipient",
        cause="The relay does not take mail for {recipient}: {reply}.",
        fix=(
            "Correct or remove the address under To in Response Management > Actions.",
            "Other recipients of the same message are not affected.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RECIPIENT,
        defaults={"recipient": "this address", "reply": "it was refused"},
    ),
    Fault(
        code="smtp.greylisted",
        title="The relay asks to come back later",
        cause="The relay puts off mail for {recipient} that it has not seen before: {reply}.",
        fix=("Nothing: the message is sent again by itself after a while.",),
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        scope=Scope.RECIPIENT,
        defaults={"recipient": "a recipient", "reply": "greylisted"},
    ),
    Fault(
        code="smtp.message-too-large",
        title="The message is too large for the relay",
        cause="The relay does not take a message of this size: {reply}.",
        fix=("Shorten Body in Response Management > Actions; alarm details can be long.",),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.MESSAGE,
        defaults={"reply": "too large"},
    ),
    Fault(
        code="smtp.too-many-recipients",
        title="The message has too many recipients",
        cause="The relay takes no message with so many recipients: {reply}.",
        fix=(
            "Split the recipients over several actions; Amazon SES takes 50 a message.",
            "Or use one address that is a distribution list.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.MESSAGE,
        defaults={"reply": "too many recipients"},
    ),
    Fault(
        code="smtp.content-rejected",
        title="The relay refuses the message for what it says",
        cause="The relay did not take the message: {reply}.",
        fix=(
            "Read the relay's words; a filter there may object to a word, a link or a header.",
            "Change Subject or Body in Response Management > Actions, or ask the relay's operator "
            "to let alarm mail pass.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.MESSAGE,
        defaults={"reply": "no reason given"},
    ),
    Fault(
        code="smtp.relay-denied",
        title="The relay does not pass mail on for this machine",
        cause="The relay takes no mail from here to {recipient}: {reply}.",
        fix=(
            f"If the relay wants a sign-in, set User Name and Password in {_FORM}.",
            "Otherwise ask its operator to let this machine relay.",
        ),
        severity=_ERROR,
        retry=Retry.FINAL,
        scope=Scope.RELAY,
        defaults={"recipient": "other domains", "reply": "relaying denied"},
    ),
    Fault(
        code="smtp.temporary",
        title="The relay cannot take the message now",
        cause="The relay put the message off: {reply}.",
        fix=("Nothing: the message is sent again by itself.",),
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        scope=Scope.MESSAGE,
        defaults={"reply": "try again later"},
    ),
    Fault(
        code="smtp.too-many-connections",
        title="The relay allows no more connections",
        cause="The relay refused another connection: {reply}.",
        fix=(
            "Nothing: fewer connections are made and the mail waits.",
            "If it lasts, something else uses the same credentials or address.",
        ),
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"reply": "too many connections"},
    ),
    Fault(
        code="smtp.closed-early",
        title="The relay hangs up",
        cause="The connection to {host} was closed at the step {stage}, before an answer came.",
        fix=(
            "Mail waits in the queue and the relay is tried again by itself.",
            "A connection closed before the greeting often means a block list, or a TLS port "
            "spoken to in the clear: check Encryption Type.",
        ),
        severity=_ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"host": "the relay", "stage": "of the conversation"},
    ),
    Fault(
        code="smtp.timeout",
        title="The relay stopped answering",
        cause="{host} gave no complete answer in time at the step {stage}.",
        fix=(
            "Mail waits in the queue and the relay is tried again by itself.",
            "If short commands pass and messages do not, look for a path MTU problem.",
        ),
        severity=_ERROR,
        retry=Retry.TRANSIENT,
        scope=Scope.RELAY,
        defaults={"host": "The relay", "stage": "of the conversation"},
    ),
    Fault(
        code="smtp.outcome-unknown",
        title="It is not known whether the relay took the message",
        cause="The whole message was handed over, but no answer to it was recorded; it may have "
        "arrived.",
        fix=(
            "Nothing: it is sent again under the same Message-ID, so that a mail program can tell "
            "a second copy; the delivery is marked.",
        ),
        severity=Seriousness.WARNING,
        retry=Retry.TRANSIENT,
        scope=Scope.MESSAGE,
    ),
)
