"""Mail servers as clients of broken relays: Postfix and Exim, a mail for each relay.

Each runs with configuration and queue of its own. The recipient's domain names the relay:
``op@expired.example.net`` goes to the one that plays ``expired``, and the log tells what became
of it. Only root can start them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from diagnosis_relay import SENDER
from tocsin.rehearsal.endpoint import Endpoint

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

Relays = Mapping[str, Endpoint]
"""By the domain of their recipients."""
_PROGRAMS = "/usr/sbin:/usr/bin"
_MAIL = "Subject: Harvest\n\n" + "A line.\n" * 40


def why_not(name: str) -> str | None:
    """Why a mail server cannot be asked here; None when it can."""
    there = find_exim() if name == "exim" else shutil.which("postfix", path=_PROGRAMS)
    if not there:
        return "not installed"
    return None if os.geteuid() == 0 else "only root can start it"


def version(name: str) -> str:
    """Name and version."""
    if name == "exim":
        return "Exim " + next(one.name.split("_")[1] for one in find_exim())
    command = ["/usr/sbin/postconf", "-d", "-h", "mail_version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return f"Postfix {done.stdout.strip()}"


async def ask_postfix(relays: Relays, folder: Path, seconds: float) -> list[str]:
    """The log of a Postfix that sent a mail to each, after so many seconds."""
    return await asyncio.to_thread(_ask_postfix, relays, folder / "postfix", seconds)


def _ask_postfix(relays: Relays, home: Path, seconds: float) -> list[str]:
    _configure_postfix(home, relays)
    _postfix(home, "start")
    try:
        for domain in relays:
            subprocess.run(  # noqa: S603
                ["/usr/sbin/sendmail", "-C", str(home / "etc"), "-f", SENDER, f"op@{domain}"],
                input=_MAIL.encode(),
                check=True,
            )
        time.sleep(seconds)
    finally:
        _postfix(home, "abort")
    return (home / "log").read_text().splitlines()


def _postfix(home: Path, command: str) -> None:
    words = ["/usr/sbin/postfix", "-c", str(home / "etc"), command]
    subprocess.run(words, check=command == "start", capture_output=True)  # noqa: S603


def _configure_postfix(home: Path, relays: Relays) -> None:
    for name in ("etc", "queue", "data"):
        (home / name).mkdir(parents=True)
    for one in (home.parent, home.parent.parent):
        one.chmod(0o755)
    os.chown(home / "data", pwd.getpwnam("postfix").pw_uid, -1)
    etc = home / "etc"
    for name, lines in {
        "transport": [f"{one} smtp:[localhost]:{at.port}" for one, at in relays.items()],
        "passwords": [f"[localhost]:{at.port} {_login(at)}" for at in relays.values()],
        "recipients": [],
    }.items():
        (etc / name).write_text("".join(f"{line}\n" for line in lines))
        (etc / name).chmod(0o600 if name == "passwords" else 0o644)
    shutil.copy(next(iter(relays.values())).root_file, etc / "root.pem")
    (etc / "root.pem").chmod(0o644)
    (etc / "main.cf").write_text(
        f"""compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = client.example.com
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
default_database_type = texthash
transport_maps = texthash:{etc}/transport
smtp_host_lookup = native
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:{etc}/passwords
smtp_sasl_security_options = noanonymous
smtp_sasl_mechanism_filter = plain, login
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = hostname
smtp_tls_CAfile = {etc}/root.pem
smtp_tls_loglevel = 1
smtp_helo_timeout = 3s
smtp_mail_timeout = 3s
smtp_starttls_timeout = 3s
smtp_data_done_timeout = 3s
smtp_sasl_auth_soft_bounce = no
disable_dns_lookups = yes
"""
    )
    (etc / "master.cf").write_text(
        """pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
    )


def _login(endpoint: Endpoint) -> str:
    return f"{endpoint.user}:{Path(endpoint.password_file).read_text().strip()}"


def find_exim() -> list[Path]:
    """The packages of Exim that ``tools/install-test-programs`` fetched."""
    return sorted((ROOT / ".pytest_cache" / "d" / "mailservers" / "exim").glob("*.deb"))


async def ask_exim(relays: Relays, folder: Path, seconds: float) -> list[str]:
    """The log of an Exim (with GnuTLS, as Debian builds it) that sent a mail to each."""
    root = await asyncio.to_thread(_configure_exim, folder, relays)
    sent = []
    for domain in relays:
        process = await asyncio.create_subprocess_exec(
            *("chroot", str(root), "/usr/sbin/exim4", "-C", "/exim.conf", "-odi"),
            *("-f", SENDER, f"op@{domain}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        sent.append(asyncio.create_task(process.communicate(_MAIL.encode())))
        await asyncio.sleep(0.1)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*sent), seconds)
    return (root / "log" / "main").read_text().splitlines()


def _configure_exim(folder: Path, relays: Relays) -> Path:
    import mailservers  # noqa: PLC0415 -- the tests know how to run it

    folder.mkdir()
    root = mailservers._unpack(find_exim(), folder / "exim", "usr/sbin/exim4")  # noqa: SLF001
    mailservers._write_accounts(root, "Debian-exim")  # noqa: SLF001
    for name in ("spool", "log"):
        (root / name).mkdir()
        os.chown(root / name, mailservers._FIRST_ID, mailservers._FIRST_ID)  # noqa: SLF001
    one = next(iter(relays.values()))  # authority and login are the same for all
    roots = "".join(Path(file).read_text() for file in (one.root_file, one.old_root_file))
    (root / "roots.pem").write_text(roots)
    (root / "relays").write_text("".join(f"{name}: {at.port}\n" for name, at in relays.items()))
    (root / "exim.conf").write_text(_EXIM.replace("LOGIN", _login(one).replace(":", "^")))
    return root


_EXIM = """primary_hostname = client.example.com
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
trusted_users = root
spool_directory = /spool
log_file_path = /log/%s
log_selector = +tls_peerdn +smtp_no_mail
keep_environment =
host_lookup =
bounce_return_message = false

begin routers

relay:
  driver = manualroute
  domains = lsearch;/relays
  transport = relay
  route_data = 127.0.0.1::${lookup{$domain}lsearch{/relays}}
  self = send

begin transports

relay:
  driver = smtp
  port = 587
  connection_max_messages = 1
  hosts_require_tls = *
  hosts_require_auth = *
  tls_verify_certificates = /roots.pem
  tls_verify_hosts = *
  tls_verify_cert_hostnames = *
  command_timeout = 3s
  final_timeout = 3s
  data_timeout = 3s

begin retry

* * F,1h,15m

begin authenticators

plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^LOGIN
"""


_QUEUE_ID = re.compile(r"(?<![\w-])([0-9A-F]{9,12}|\w{6}-\w{6}-\w{2})(?![\w-])")
_RECIPIENT = re.compile(r"op@([a-z0-9-]+)\.example\.net")


def by_fault(lines: Sequence[str], relays: Relays) -> Iterator[tuple[str, str]]:
    """Fault and line: a line names the recipient, the port, or the mail's id in the queue."""
    faults = {str(at.port): domain.partition(".")[0] for domain, at in relays.items()}
    queued: dict[str, str] = {}
    for line in lines:
        mail, named = _QUEUE_ID.search(line), _RECIPIENT.search(line)
        if mail and named:
            queued[mail[1]] = named[1]
    for line in lines:
        mail, named = _QUEUE_ID.search(line), _RECIPIENT.search(line)
        port = next((one for one in re.findall(r"\d{4,5}", line) if one in faults), None)
        if named:
            yield named[1], line
        elif port:
            yield faults[port], line
        elif mail and mail[1] in queued:
            yield queued[mail[1]], line
