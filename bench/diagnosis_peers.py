"""What other programs say about the same relay, and how much of the cause is in it.

The rule, the same for all:

- *names the cause*: a line of its output has words that say what is wrong, as `CAUSES` lists them
  for each fault code, or the relay's own reply where the reply says it. Reading the line is
  enough; nobody needs to know what else could be behind it.
- *shows a symptom*: it prints a line, or ends with a status, that it does not on an honest relay.
- *says nothing*: all it prints, it prints for an honest relay too.

Each is asked as its manual says for SMTP with STARTTLS, is told the root to trust and, where it
can sign in and send, the right password and an envelope. What looks only at TLS is not asked
about faults behind it, and says nothing there.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from diagnosis_relay import RECIPIENT, SENDER, message
from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.endpoint import Endpoint
from tocsin.rehearsal.fault.base import Fault

SSLYZE = "TOCSIN_SSLYZE_PYTHON"
_PATIENCE = 25.0
"""Seconds before a program that does not end is ended."""
_ORDER = tuple(Step)


class Score(StrEnum):
    """How much of the cause a program's output holds."""

    CAUSE = "cause"
    SYMPTOM = "symptom"
    NOTHING = "nothing"
    NOT_ASKED = "-"
    """The program is not on this machine."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program. In `command` stand ``{port}``, ``{root}``, ``{here}``, ``{sslyze}``."""

    name: str
    needs: str
    command: tuple[str, ...]
    tls_alone: bool = False
    seconds: float = _PATIENCE


PEERS = (
    Peer(
        "openssl",
        "openssl",
        (
            *("openssl", "s_client", "-connect", "localhost:{port}", "-starttls", "smtp"),
            *("-CAfile", "{root}", "-verify_hostname", "localhost", "-brief"),
        ),
        tls_alone=True,
    ),
    Peer(
        "swaks",
        "swaks",
        (
            *("swaks", "--server", "localhost:{port}", "--tls", "--tls-verify", "--timeout", "3"),
            *("--tls-ca-path", "{root}", "--auth", "--from", SENDER, "--to", RECIPIENT),
            *("--ehlo", "client.example.com"),
        ),
    ),
    Peer(
        "curl",
        "curl",
        (
            *("curl", "-sS", "-v", "--ssl-reqd", "--cacert", "{root}", "--netrc-file"),
            *("{here}/netrc", "-m", "4", "smtp://localhost:{port}/client.example.com"),
            *("--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "-T", "{here}/mail"),
        ),
    ),
    Peer(
        "gnutls-cli",
        "gnutls-cli",
        (
            "gnutls-cli",
            "--starttls-proto=smtp",
            "--x509cafile",
            "{here}/roots",
            "-p",
            "{port}",
            "localhost",
        ),
        tls_alone=True,
    ),
    Peer(
        "sslyze",
        SSLYZE,
        (
            *("{sslyze}", "-m", "sslyze", "--starttls", "smtp", "--certinfo", "--tlsv1"),
            *("--tlsv1_1", "--tlsv1_2", "--tlsv1_3", "--certinfo_ca_file", "{root}"),
            *("--mozilla_config", "disable", "localhost:{port}"),
        ),
        tls_alone=True,
    ),
    Peer(
        "testssl.sh",
        "testssl",
        (
            *("testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "one"),
            *("--connect-timeout", "3", "--openssl-timeout", "3", "--add-ca", "{root}"),
            *("-p", "-f", "-S", "-t", "smtp", "localhost:{port}"),
        ),
        tls_alone=True,
        seconds=90,
    ),
)

_ISSUER = r"unable to get (local )?issuer|issuer is unknown|not trusted|unknown ca"
CAUSES: Mapping[str, str] = {
    "tcp.refused": r"refused",
    "tcp.timeout": r"(connection|connect\b.*) timed out|connect.*timeout",
    "smtp.not-smtp": r"HTTP/1\.[01] |SSH-2\.0|invalid reply|no(t an)? SMTP|malformed",
    "smtp.banner-timeout": r"(greeting|banner).*(timeout|timed out|never)|initial.*timed? ?out",
    "smtp.greeting-refused": r"client host blocked|(^|\D)(521|554|550) ",
    "smtp.masked-by-firewall": r"220[ -]\*{6}|X{7}A",
    "smtp.too-many-connections": r"too many concurrent",
    "smtp.closed-early": r"(closed|lost) .*(connection|unexpectedly)|unexpected(ly)? (eof|close)",
    "smtp.timeout": r"(MAIL|RCPT|DATA).*timed? ?out",
    "smtp.starttls-missing": r"starttls (is )?not supported|not advertise starttls|no starttls|"
    r"didn.t find starttls|starttls.*not (offered|found)",
    "smtp.starttls-required": r"must issue a starttls",
    "smtp.starttls-refused": r"454 TLS not available|STARTTLS denied",
    "smtp.starttls-injection": r"injection|synch|CVE-2011-0411",
    "smtp.sender-refused": r"sender address rejected",
    "smtp.address-syntax": r"address unknown|address syntax|invalid .*address",
    "smtp.no-recipients": r"no valid recipients",
    "smtp.recipient-refused": r"user unknown|recipient address rejected",
    "smtp.greylisted": r"greylisted",
    "smtp.too-many-recipients": r"too many recipients",
    "smtp.relay-denied": r"relay access denied",
    "smtp.message-too-large": r"message is too long",
    "smtp.content-rejected": r"content|spam|filter",
    "smtp.temporary": r"temporary service failure|service not available|4\d\d .*(later|temporar)",
    "smtp.outcome-unknown": r"may be sent more than once|not known whether",
    "tls.wrong-mode": r"wrong version number|not.*TLS handshake|unexpected TLS packet|unknown type",
    "tls.untrusted-issuer": _ISSUER,
    "tls.incomplete-chain": r"incomplete|missing intermediate|unable to verify the first",
    "tls.self-signed": r"self[- ]signed",
    "tls.expired": r"expired|not valid at validation time",
    "tls.expiring": r"expires? (soon|in|<)|(^|\D)[3-5] days",
    "tls.not-yet-valid": r"not yet valid|not valid at validation time",
    "tls.name-mismatch": r"hostname mismatch|no alternative certificate subject|does not match|"
    r"doesn.t match|name mismatch|no matching subjectAltName",
    "tls.dh-too-small": r"dh key too small|1024 bits? DH|DH.*1024|prime.*not long enough",
    "tls.no-shared-cipher": r"no (shared|common|suitable) cipher|handshake failure|"
    r"no ciphers? .*forward|forward secrecy.*not supported",
    "tls.version-too-old": r"protocol version|unsupported protocol|TLS 1\.[01] .*offered|"
    r"version.*not supported|TLS ?1\.?2 .*not offered|rejected all cipher suites",
    "tls.weak-key": r"key too (weak|small)|RSA.*1024|1024 bit|key size: *1024",
    "tls.weak-signature": r"md too weak|digest.* too weak|insecure algorithm|SHA-?1( |$)|"
    r"forbidden signature algorithm",
    "tls.wrong-purpose": r"purpose|key usage|EKU",
    "tls.invalid-chain": r"constraint|path length|invalid ca|signature failure|bad signature|"
    r"permitted subtree|violates|signature does not match",
    "tls.intercepted": r"TLS Inspection|intercept",
    "tls.client-certificate-required": r"certificate (is )?required|client (auth|cert)\w* .*requ|"
    r"required client auth",
    "tls.handshake-dropped": r"during the handshake|handshake.*(closed|reset|terminated|EOF)|"
    r"(closed|reset).*handshake|SSL_ERROR_SYSCALL|unexpected eof",
    "auth.not-offered": r"not advertise authentication|authentication not supported|no auth",
    "auth.no-mechanism": r"no advertised types|mechanism is not supported|no .*mechanism",
    "auth.relay-unproven": r"server signature|unproven|verif.*server",
    "auth.rejected": r"credentials invalid|login denied|authentication failed",
    "auth.required": r"authentication required",
    "auth.temporary": r"temporary authentication failure",
    "ses.identity-not-verified": r"not verified",
    "ses.sandbox-recipient": r"not verified",
    "ses.not-authorized": r"access denied|not authorized",
    "ses.rate-exceeded": r"sending rate exceeded",
    "ses.daily-quota": r"daily message quota",
    "ses.sending-paused": r"sending paused",
    "ses.configuration-set-missing": r"configuration set",
    "ses.mail-from-domain": r"MAIL FROM domain",
    "ses.not-subscribed": r"not subscribed",
    "ses.old-password": r"SigV2",
    "ses.suppressed": r"blacklist|suppress",
    "clock.skew": r"clock|skew",
}
"""The words that count as naming the cause, by fault code; letters of any size."""


def missing() -> dict[str, str]:
    """The peers that cannot be asked here, and what they lack."""
    return {
        one.name: f"{one.needs} is not set" if one.needs == SSLYZE else f"{one.needs} is missing"
        for one in PEERS
        if not (os.environ.get(SSLYZE) if one.needs == SSLYZE else shutil.which(one.needs))
    }


class Bystanders:
    """The peers that are there; `learn` what they say of an honest relay before `ask`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._absent = set(missing())
        self._honest: dict[str, tuple[set[str], set[int]]] = {}
        self._places = asyncio.Semaphore(max(2, os.cpu_count() or 2))

    async def learn(self, endpoint: Endpoint) -> None:
        """What each prints, and how it ends, when nothing is wrong: twice, as some vary."""
        for one in PEERS:
            if one.name not in self._absent:
                first, second = [await self._run(one, endpoint) for _ in range(2)]
                self._honest[one.name] = (
                    {_stable(line, endpoint.port) for line in (*first[0], *second[0])},
                    {first[1], second[1]},
                )

    async def ask(self, endpoint: Endpoint, fault: type[Fault]) -> dict[str, Score]:
        """Each peer's score for a relay with this fault."""
        return dict(await asyncio.gather(*(self._score(one, endpoint, fault) for one in PEERS)))

    async def _score(self, peer: Peer, endpoint: Endpoint, fault: type[Fault]) -> tuple[str, Score]:
        if peer.name in self._absent:
            return peer.name, Score.NOT_ASKED
        if peer.tls_alone and _ORDER.index(fault.at) > _ORDER.index(Step.TLS):
            return peer.name, Score.NOTHING
        lines, status = await self._run(peer, endpoint)
        usual, ends = self._honest[peer.name]
        telling = [line for line in lines if _stable(line, endpoint.port) not in usual]
        words = CAUSES.get(fault.code)
        if words and any(re.search(words, line, re.IGNORECASE) for line in telling):
            return peer.name, Score.CAUSE
        return peer.name, Score.SYMPTOM if telling or status not in ends else Score.NOTHING

    async def _run(self, peer: Peer, endpoint: Endpoint) -> tuple[list[str], int]:
        here = self._folder / f"peer-{endpoint.port}"
        password = self._write(here, endpoint)
        secrets = {"SWAKS_OPT_auth_user": endpoint.user, "SWAKS_OPT_auth_password": password}
        words = {
            "port": str(endpoint.port),
            "root": endpoint.root_file,
            "here": str(here),
            "sslyze": os.environ.get(SSLYZE, ""),
        }
        async with self._places:
            process = await asyncio.create_subprocess_exec(
                *(one.format(**words) for one in peer.command),
                env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(here), **secrets},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                said, _ = await asyncio.wait_for(process.communicate(b""), peer.seconds)
            except TimeoutError:
                os.killpg(process.pid, 9)
                await process.wait()
                return ["ended by us"], -1
        lines = said.decode(errors="replace").replace("\r", " ").splitlines()
        return lines, process.returncode or 0

    def _write(self, here: Path, endpoint: Endpoint) -> str:
        """The files that the programs want; gives the password."""
        here.mkdir(exist_ok=True)
        password = Path(endpoint.password_file).read_text().strip()
        netrc = here / "netrc"
        netrc.write_text(f"machine localhost login {endpoint.user} password {password}\n")
        netrc.chmod(0o600)
        (here / "mail").write_bytes(message())
        # GnuTLS takes a cross-signed root for the end of the chain: it wants the older one too.
        roots = (endpoint.root_file, endpoint.old_root_file)
        (here / "roots").write_text("".join(Path(one).read_text() for one in roots))
        return password


_VARYING = (
    (re.compile(r"0x[0-9a-f]+|\b[0-9A-Fa-f]{8,}\b|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5,}"), "#"),
    (re.compile(r"SimpleEmailService-\S+ \S+|250 Ok \S+|<\S+@\S+>|[A-Za-z0-9+/=]{30,}"), "#"),
    (re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d(:\d\d)?|\b\d+\.\d+ ?(s|ms|seconds)?\b|--:--:--"), "#"),
    (re.compile(r"relay-\d+"), "relay"),
    (re.compile(r"\[ *\d+ bytes data\]|\[ *\d+s\]|^[ \d.:kM-]{20,}$"), ""),
)


def _stable(line: str, port: int) -> str:
    """A line without what differs from run to run."""
    line = re.sub(rf"\b{port}\b", "PORT", line)
    for pattern, instead in _VARYING:
        line = pattern.sub(instead, line)
    return line.strip()
