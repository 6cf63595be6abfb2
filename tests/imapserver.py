"""A mailbox of Dovecot on loopback, whose mails the test itself puts there."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from mailservers import Ports, _running
from tlsserver import free_port

PROGRAM = Path("/usr/lib/dovecot/imap")
USER, PASSWORD = "probe@example.org", "mailbox pass wörd"
_numbers = count(1)


@dataclass(frozen=True)
class ImapMailbox:
    """The mailbox of one user."""

    starttls: int
    imaps: int
    folder: Path

    def put(self, content: bytes, folder: str = "INBOX") -> None:
        """Deliver a mail, as a delivery agent does."""
        place = self.folder if folder == "INBOX" else self.folder / f".{folder}"
        for name in ("tmp", "new", "cur"):
            (place / name).mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}.{next(_numbers)}.example"
        new = place / "tmp" / name
        new.write_bytes(content)
        new.rename(place / "new" / name)
        _give(self.folder)

    def mails(self) -> list[bytes]:
        """What is there, in every folder; one that is moved just then may be left out."""
        found = []
        for name in ("new", "cur"):
            for one in sorted(self.folder.rglob(f"{name}/*")):
                with contextlib.suppress(FileNotFoundError):
                    found.append(one.read_bytes())
        return found


@contextlib.contextmanager
def dovecot_imap(folder: Path, certificates: Path, key: Path) -> Iterator[ImapMailbox]:
    """Dovecot's IMAP service for one user with a Maildir; only root can start it."""
    box = ImapMailbox(free_port(), free_port(), folder / "mail" / "Maildir")
    for name in ("tmp", "new", "cur"):
        (box.folder / name).mkdir(parents=True)
    run = tempfile.mkdtemp(prefix="dovecot")  # its sockets' names must be short
    Path(run).chmod(0o755)
    account = pwd.getpwnam("nobody")
    users = folder / "users"
    users.write_text(
        f"{USER}:{{PLAIN}}{PASSWORD}:{account.pw_uid}:{account.pw_gid}::{folder}/mail\n"
    )
    for one in (folder, *folder.parents):
        with contextlib.suppress(OSError):
            one.chmod(one.stat().st_mode | 0o011)
    (folder / "dovecot.conf").write_text(
        f"""base_dir = {run}
state_dir = {run}
log_path = {folder}/log
protocols = imap
mail_location = maildir:~/Maildir
first_valid_uid = 1
ssl = yes
ssl_cert = <{certificates}
ssl_key = <{key}
auth_mechanisms = plain
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {users}
}}
userdb {{
  driver = passwd-file
  args = {users}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {box.starttls}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {box.imaps}
    ssl = yes
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Junk {{
    auto = create
    special_use = \\Junk
  }}
}}
"""
    )
    users.chmod(0o644)
    _give(folder / "mail")
    command = ["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")]
    try:
        with _running(command, Ports(box.starttls, box.imaps)):
            yield box
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _give(folder: Path) -> None:
    """Give a folder with all that is in it to the user that Dovecot reads it as."""
    account = pwd.getpwnam("nobody")
    for one in (folder, *folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            os.chown(one, account.pw_uid, account.pw_gid)
