"""Programs that send a mail or look at a relay, and how each is told to.

The environment's names stand in a command as ``{RELAY_PORT}``: `harvest_words` fills them in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis_relay import RECIPIENT, SENDER


@dataclass(frozen=True)
class Program:
    """A program that sends one mail, or looks at a server.

    `command` has the environment's names as ``{RELAY_PORT}`` in it; `build` is run once
    before, in the folder of the run, which is ``{HERE}``.
    """

    name: str
    needs: str
    version: tuple[str, ...]
    command: tuple[str, ...]
    smtps: tuple[str, ...] | None = None
    build: tuple[str, ...] = ()
    said: str = ""
    """Standard input."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further environment."""
    noise: str = r"(?!)"
    """Lines that say nothing about a fault, though a whole path does not show them."""


MAIL = f"From: {SENDER}\nTo: {RECIPIENT}\nSubject: Harvest\n\n" + "A line.\n" * 40
_OPENSSL = ("openssl", "s_client", "-connect", "localhost:{RELAY_PORT}", "-brief")
_TRUST = ("-CAfile", "{RELAY_ROOT}", "-verify_return_error", "-verify_hostname", "localhost")
_CURL = ("curl", "-sS", "--ssl-reqd", "--cacert", "{RELAY_ROOT}", "--netrc-file", "{HERE}/netrc")
_ENVELOPE = ("--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "-T", "{HERE}/mail", "-m", "4")
_GNUTLS = ("gnutls-cli", "--x509cafile", "{HERE}/roots", "-p", "{RELAY_PORT}")
_SWAKS = ("swaks", "--server", "localhost", "--port", "{RELAY_PORT}", "--timeout", "3")
_SWAKS_ASK = ("--tls-verify", "--tls-ca-path", "{RELAY_ROOT}", "--auth", "--from", SENDER)
_MSMTP = ("msmtp", "--host=localhost", "--port={RELAY_PORT}", "--auth=plain", "--timeout=3")
_MSMTP_ASK = (
    *("--tls=on", "--tls-trust-file={HERE}/roots", "--user={RELAY_USER}", f"--from={SENDER}"),
    *("--passwordeval=cat {RELAY_PASSWORD_FILE}", "--domain=client.example.com", RECIPIENT),
)
_NAIL = ("s-nail", "-:/", "-S", "v15-compat", "-S", "smtp-config=-all,ehlo,plain", "-s", "Harvest")
_NAIL_ASK = (
    *("-S", "tls-ca-no-defaults", "-S", "tls-ca-file={RELAY_ROOT}", "-S", "tls-verify=strict"),
    *("-S", "socket-connect-timeout=3", "-S", f"from={SENDER}", "-S", "hostname=example.com"),
)

PROGRAMS = (
    Program(
        "openssl",
        "openssl",
        ("openssl", "version"),
        (*_OPENSSL, *_TRUST, "-starttls", "smtp", "-name", "client.example.com"),
        (*_OPENSSL, *_TRUST),
        noise=r"^(CONNECTION|Protocol version|Ciphersuite|Peer certificate|Hash|Signature|Server "
        r"Temp|depth=|notAfter=|notBefore=|Didn.t find STARTTLS|write:errno=32$|Verification: OK|"
        r"No peer|Client cert|Requested Sig|Supported|Peer signing)",
    ),
    Program(
        "gnutls",
        "gnutls-cli",
        ("gnutls-cli", "--version"),
        (*_GNUTLS, "--starttls-proto=smtp", "localhost"),
        (*_GNUTLS, "localhost"),
        noise=r"^(\s|22$|\|<1>\| FFDHE|- (Session|Successfully sent|Version|Ephem|Using|Options|"
        r"Certificate |Description|Server|Got)|Public|Processed|Resolv|Connect)",
    ),
    Program(
        "swaks",
        "swaks",
        ("swaks", "--version"),
        (*_SWAKS, "--tls", *_SWAKS_ASK, "--to", RECIPIENT, "--ehlo", "client.example.com"),
        (*_SWAKS, "--tlsc", *_SWAKS_ASK, "--to", RECIPIENT, "--ehlo", "client.example.com"),
        noise=r"^(<- |<~ |===| *[-~]> |<[*~]\*? *$|<~\* 2)|Connection: close",
    ),
    Program(
        "curl",
        "curl",
        ("curl", "--version"),
        (*_CURL, "smtp://localhost:{RELAY_PORT}/client.example.com", *_ENVELOPE),
        (*_CURL, "smtps://localhost:{RELAY_PORT}/client.example.com", *_ENVELOPE),
        noise=r"curl\.se/docs|failed to verify the legit|^establish a secure|^how to fix it",
    ),
    Program(
        "smtplib",
        "python3",
        ("python3", "--version"),
        ("python3", "{CLIENTS}/client.py"),
        ("python3", "{CLIENTS}/client.py"),
        noise=r"^(Traceback|\s|During|$|The above)",
    ),
    Program(
        "msmtp",
        "msmtp",
        ("msmtp", "--version"),
        (*_MSMTP, *_MSMTP_ASK),
        (*_MSMTP, "--tls-starttls=off", *_MSMTP_ASK),
        said=MAIL,
    ),
    Program(
        "s-nail",
        "s-nail",
        ("s-nail", "--version"),
        (
            *(*_NAIL, *_NAIL_ASK, "-S", "smtp-use-starttls"),
            *("-S", "mta=smtp://{RELAY_USER}:{RELAY_PASSWORD_URL}@localhost:{RELAY_PORT}"),
            RECIPIENT,
        ),
        said="A line.\n" * 40,
        noise=r"^/dev/null|dead.letter|message not sent|(subject|not\w+|issuer) = |"
        r"Certificate depth",
    ),
    Program(
        "javamail",
        "javac",
        ("java", "--version"),
        ("java", "-cp", "{HERE}:/usr/share/java/javax.mail.jar:" + "{ACTIVATION}", "Client"),
        ("java", "-cp", "{HERE}:/usr/share/java/javax.mail.jar:" + "{ACTIVATION}", "Client"),
        build=("javac", "-cp", "/usr/share/java/javax.mail.jar", "-d", "{HERE}", "{CLIENTS}"),
        noise=r"^\s+(at |\.\.\. )|^;$",
    ),
    Program(
        "go",
        "go",
        ("go", "version"),
        ("{HERE}/client",),
        ("{HERE}/client",),
        build=("go", "build", "-o", "{HERE}/client", "{CLIENTS}/client.go"),
    ),
    Program(
        "nodemailer",
        "node",
        ("node", "--version"),
        ("node", "{CLIENTS}/client.js"),
        ("node", "{CLIENTS}/client.js"),
        more={"NODE_PATH": "/usr/share/nodejs"},
        noise=r"^code: 'undefined'|^250 AUTH PLAIN|250-email-smtp",
    ),
    Program(
        "phpmailer",
        "php",
        ("php", "--version"),
        ("php", "{CLIENTS}/client.php"),
        ("php", "{CLIENTS}/client.php"),
        noise=r"CLIENT -> SERVER|\ufffd|^.?$|^,\d+,|^\s*(SMTP code|error:0A|2\d\d|,\d\d\d)|"
        r"QUIT command failed|connect to server:  \(0\)|EOF caught|command failed,$",
    ),
    Program(
        "ruby",
        "ruby",
        ("ruby", "--version"),
        ("ruby", "{CLIENTS}/client.rb"),
        ("ruby", "{CLIENTS}/client.rb"),
    ),
)
