"""What mail programs print when a mail path is broken: real programs against the rehearsal relay.

For each fault of the relay every program that this machine has sends one mail. A line is telling
when the program does not print it on a whole path. Ports, folders and names of this machine
become those of documentation, so that a line stays the same from run to run.

Prints one JSON document a line: program, version, fault, line. A line that tests/corpus has
already keeps its judgement there; with --new only the others are printed, to be judged by a
person: which code may somebody conclude who sees this line alone?

    python tools/harvest_words.py --new [--program NAME]... [--fault NAME]...
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import harvest_queues as queues  # noqa: E402
from harvest_programs import MAIL, PROGRAMS, Program  # noqa: E402

from diagnosis_relay import RECIPIENT, SENDER, Rehearsals  # noqa: E402
from tocsin.rehearsal.endpoint import Endpoint  # noqa: E402
from tocsin.rehearsal.fault.registry import load_faults  # noqa: E402

CLIENTS = Path(__file__).resolve().parent / "harvest"
CORPUS = ROOT / "tests" / "corpus"
_PATIENCE = 12.0
"""Seconds that a program is given."""
_HOST = "mail.example.com"
"""What localhost is called in the corpus."""


QUEUES = ("postfix", "exim")


async def harvest_queue(name: str, faults: Sequence[str], folder: Path) -> list[Line]:
    """What a mail server logs."""
    relays = Rehearsals(folder / name)
    (folder / name).mkdir()
    await relays.make_keys()
    async with contextlib.AsyncExitStack() as running:
        at = {
            f"{fault}.example.net": await running.enter_async_context(relays.running([fault]))
            for fault in faults
        }
        ask = queues.ask_postfix if name == "postfix" else queues.ask_exim
        lines = await ask(at, folder / f"{name}-home", _QUEUE_PATIENCE)
        ports, version = {str(one.port) for one in at.values()}, queues.version(name)
        found = (
            Line(name, version, fault, shown)
            for fault, line in queues.by_fault(lines, at)
            for shown in _logged(line, ports)
        )
        return list(dict.fromkeys(found))


_QUEUE_PATIENCE = 20.0
_ROUTINE = re.compile(
    r" postfix/(pickup|cleanup|qmgr|bounce|master|postfix-script)|: Verified TLS connection|"
    r"enabling PIX|<=|No such file or directory|Completed|lost privilege|Frozen|Unrouteable|"
    r"unable to look up|status=sent| => |Untrusted TLS connection"
)


_EVERYWHERE = (
    (r"\bTocsin Rehearsal\b", "Example Trust"),
    (r"\bRehearsal (?=RSA|Root|Class|Services)", "Example "),
    (r"\.rehearsal\.example\.com", ".example.com"),
    (r"rehearsal-smtp-user", "ses-smtp-user"),
    (r"192\.0\.2\.25:\d+->", "198.51.100.7:40000->"),
    (r"\S+Z is after \S+Z", "2026-11-24T12:00:00Z is after 2026-11-23T12:00:00Z"),
    (r"\S+Z is before \S+Z", "2026-11-24T12:00:00Z is before 2026-11-25T12:00:00Z"),
    (r"after \d+ milli", "after 4000 milli"),
    (r"headers: \d+ >", "headers: 312345 >"),
    (r"(Not(?:After|Before)): \w{3} \w{3} \d+ [\d:]{8}", r"\1: Mon Nov 23 12:00:00"),
)
"""What no line keeps, whoever printed it: names of the rehearsal, ports of clients, times."""


_WORTHLESS = re.compile(
    r"[\x00-\x08\ufffd]|^.{,2}$|.{900}|^\W*$|rsa routines|Provider routines|asn1 encoding|"
    r"^\) \(Net|550 STARTTLS$|250-relay.example.net$|Suppressed: java|Certificate\[\d\] info|"
    r"SMTP server: /dev/null|s-nail:  timeout|^220 "
)
"""Lines that are torn, binary, or of the trace behind a message: nobody searches for them."""


def _everywhere(line: str) -> str:
    for pattern, instead in _EVERYWHERE:
        line = re.sub(pattern, instead, line)
    return line


def _logged(line: str, ports: set[str]) -> Iterator[str]:
    """A log line in the words of documentation; nothing for the routine of a mail server."""
    if _ROUTINE.search(line):
        return
    for pattern, instead in (
        *((rf"\b{port}\b", "587") for port in ports),
        (r"\b127\.0\.0\.1 \[127\.0\.0\.1\]", f"{_HOST} [192.0.2.25]"),
        (r"\b127\.0\.0\.1\b", "192.0.2.25"),
        (r"\blocalhost\b", _HOST),
        (r"op@[a-z0-9-]+\.example\.net", RECIPIENT),
        (r"\b[0-9A-F]{11}\b", "4C1D226C66E"),
        (r"\b\w{6}-\w{6}-\w{2}\b", "1xW5Cs-0007b7-0A"),
        (r"\[\d+\]:", "[4242]:"),
        (r"^[A-Z][a-z][a-z] \d+ \d\d:\d\d:\d\d", "Nov 24 12:00:00"),
        (r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-24 12:00:00"),
        (r"delay=[\d.]+, delays=[\d./]+", "delay=1.2, delays=0.1/0/1/0.1"),
        (r" client postfix/", " sensor postfix/"),
    ):
        line = re.sub(pattern, instead, line)
    yield _everywhere(line)


async def harvest(programs: Sequence[Program], faults: Sequence[str], folder: Path) -> list[Line]:
    """Every telling line."""
    relays = Rehearsals(folder)
    await relays.make_keys()
    found: list[Line] = []
    at_once = asyncio.Semaphore(3)
    async with contextlib.AsyncExitStack() as running:
        whole = await running.enter_async_context(relays.running())
        known: dict[str, set[str]] = {}
        for one in programs:
            _build(one, folder)
            known[one.name] = set()
            for mode in _modes(one):
                known[one.name] |= set(await _ask(one, mode, whole, folder, at_once))

        async def meet(fault: str) -> None:
            async with relays.running([fault]) as broken:
                for one in programs:
                    for mode in _modes(one):
                        found.extend(
                            Line(one.name, version_of(one.version), fault, line)
                            for line in await _ask(one, mode, broken, folder, at_once)
                            if line not in known[one.name] and not re.search(one.noise, line)
                        )

        await asyncio.gather(*map(meet, faults))
    return found


@dataclass(frozen=True)
class Line:
    """Something that a program printed."""

    program: str
    version: str
    fault: str
    line: str


def _modes(program: Program) -> tuple[str, ...]:
    return ("starttls", "smtps") if program.smtps else ("starttls",)


def _environment(endpoint: Endpoint, mode: str, folder: Path) -> dict[str, str]:
    password = Path(endpoint.password_file).read_text().strip()
    port = endpoint.smtps_port if mode == "smtps" else endpoint.port
    return {
        "RELAY_HOST": endpoint.host,
        "RELAY_PORT": str(port),
        "RELAY_MODE": mode,
        "RELAY_ROOT": endpoint.root_file,
        "RELAY_USER": endpoint.user,
        "RELAY_PASSWORD": password,
        "RELAY_PASSWORD_URL": quote(password, safe=""),
        "RELAY_PASSWORD_FILE": endpoint.password_file,
        "RELAY_FROM": SENDER,
        "RELAY_TO": RECIPIENT,
        "SWAKS_OPT_auth_user": endpoint.user,
        "SWAKS_OPT_auth_password": password,
        "HERE": str(folder),
        "CLIENTS": str(CLIENTS),
        "ACTIVATION": ":".join(map(str, Path("/usr/share/java").glob("*activation*.jar"))),
    }


def _build(program: Program, folder: Path) -> None:
    if not program.build:
        return
    words = {"HERE": str(folder), "CLIENTS": str(CLIENTS)}
    command = [one.format(**words) for one in program.build]
    if command[0] == "javac":
        command[-1] = str(CLIENTS / "Client.java")
    home = {"GOCACHE": str(folder / "go"), "GO111MODULE": "off", "HOME": str(folder)}
    subprocess.run(command, check=True, env={**os.environ, **home})  # noqa: S603


async def _ask(
    program: Program, mode: str, endpoint: Endpoint, folder: Path, at_once: asyncio.Semaphore
) -> list[str]:
    told = _environment(endpoint, mode, folder)
    here = folder / f"of-{told['RELAY_PORT']}"
    _write(here, endpoint, told)
    words = {**told, "HERE": str(folder if program.build else here)}
    template = program.smtps if mode == "smtps" and program.smtps else program.command
    command = [one.format(**words) for one in template]
    given = {
        "LC_ALL": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "HOME": str(here),
        "DEAD": "/dev/null",
        **told,
    }
    async with at_once:
        process = await asyncio.create_subprocess_exec(
            *command,
            env={**given, **program.more},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(program.said.encode()), _PATIENCE)
        except TimeoutError:
            process.kill()
            return []
    return list(dict.fromkeys(_stable(said.decode(errors="replace"), told)))


def _write(here: Path, endpoint: Endpoint, told: Mapping[str, str]) -> None:
    """The files that programs want: a login, a mail, roots."""
    here.mkdir(exist_ok=True)
    (here / "netrc").write_text(
        f"machine localhost login {told['RELAY_USER']} password {told['RELAY_PASSWORD']}\n"
    )
    (here / "mail").write_bytes(MAIL.replace("\n", "\r\n").encode())
    # GnuTLS takes the cross-signed root for its end: it wants the older root too.
    roots = (endpoint.root_file, endpoint.old_root_file)
    (here / "roots").write_text("".join(Path(one).read_text() for one in roots))


def _stable(said: str, told: Mapping[str, str]) -> Iterator[str]:
    """The lines, with documentation's values in place of this machine's."""
    swaps = [
        (re.escape(told["RELAY_USER"]), "AKIAIOSFODNN7EXAMPLE"),
        (re.escape(told["RELAY_PASSWORD"]), "PASSWORD"),
        (re.escape(str(Path(told["RELAY_ROOT"]).parent)) + r"/?", "/etc/mail/"),
        (re.escape(told["HERE"]) + r"/?", "/etc/mail/"),
        (re.escape(told["CLIENTS"]) + r"/?", "/srv/alarm/"),
        (r"\b127\.0\.0\.1\b", "192.0.2.25"),
        (r"\[::1\]|(?<![\w:])::1\b", "2001:db8::25"),
        (
            r"(?<!\d)" + told["RELAY_PORT"] + r"(?!\d)",
            "465" if told["RELAY_MODE"] == "smtps" else "587",
        ),
        (r"\blocalhost\b", _HOST),
        (r"\b[0-9A-F]{12,16}(?=:error:)", "0000000000000000"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-11-24 12:00:00"),
        (r"SimpleEmailService-\S+ \S+", "SimpleEmailService-Rehearsal 0123456789"),
    ]
    for line in said.splitlines():
        for pattern, instead in swaps:
            line = re.sub(pattern, instead, line)  # noqa: PLW2901
        if line.strip():
            yield _everywhere(line.rstrip())


@cache
def version_of(command: tuple[str, ...]) -> str:
    """Name and version as the program says them."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return (done.stdout or done.stderr).strip().splitlines()[0]


def judged() -> dict[tuple[str, str], object]:
    """Program and line of everything that the corpus has."""
    return {
        (one["program"], one["line"]): one
        for file in CORPUS.glob("*.jsonl")
        for one in map(json.loads, file.read_text().splitlines())
    }


def main() -> int:
    """Harvest and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*(one.name for one in PROGRAMS), *QUEUES]
    parser.add_argument("--program", action="append", choices=names)
    parser.add_argument("--fault", action="append", choices=list(load_faults()))
    parser.add_argument("--new", action="store_true", help="only what the corpus has not")
    options = parser.parse_args()
    chosen = [one for one in PROGRAMS if not options.program or one.name in options.program]
    there = [one for one in chosen if shutil.which(one.needs)]
    for one in chosen:
        if one not in there:
            print(f"not here: {one.name}", file=sys.stderr)
    folder = Path(tempfile.mkdtemp(prefix="tocsin-harvest-"))
    try:
        faults = options.fault or list(load_faults())
        found = asyncio.run(harvest(there, faults, folder)) if there else []
        for name in QUEUES:
            if options.program and name not in options.program:
                continue
            if why := queues.why_not(name):
                print(f"not asked: {name}: {why}", file=sys.stderr)
                continue
            found += asyncio.run(harvest_queue(name, faults, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    known = judged() if options.new else {}
    for line in sorted(set(found), key=lambda one: (one.program, one.fault, one.line)):
        if (line.program, line.line) not in known and not _WORTHLESS.search(line.line):
            print(json.dumps(line.__dict__, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
