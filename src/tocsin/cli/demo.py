"""``tocsin demo``: a throw-away manager that shows the whole way of an alarm."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.base.home import Home
from tocsin.cli.bind import add_bind, read_bind
from tocsin.cli.main import common
from tocsin.cli.output import Output

if TYPE_CHECKING:
    from tocsin.engine.metricsreader import Numbers

_SEED = 20261124
_LIVE_S = 240.0
"""How long the scenario takes when somebody watches."""
_ONCE_S = 8.0
"""And when only its end is waited for."""
_PATIENCE_S = 120.0

ACTION = "Mail the SOC"


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    add_bind(parser)
    parser.add_argument("--once", action="store_true", help="end after the mails have arrived")
    parser.add_argument("--eve", metavar="FILE", help="take the alarms of this EVE file instead")
    common(parser, home=False)
    parser.set_defaults(run=_run)


class _Steps:
    """What was done, said as it happens and answered in the end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.done: list[dict[str, Any]] = []

    def say(self, name: str, *, ok: bool = True) -> None:
        self.done.append({"name": name, "ok": ok})
        self._output.note(f"{'·' if ok else '✗'} {name}")


def _run(arguments: argparse.Namespace, _home: Home, output: Output) -> int:
    from tocsin.engine.logs import set_up_logging  # noqa: PLC0415

    read_bind(arguments)  # a wrong one is said before anything starts
    if arguments.eve is not None and not Path(arguments.eve).is_file():
        raise FileNotFoundError(2, "there is no such file", arguments.eve)
    inbox = Path(tempfile.mkdtemp(prefix="tocsin-demo-inbox-"))
    with _throw_away_home() as home:
        set_up_logging(home, "demo")
        demo = _Demo(home, inbox, arguments, output)
        demo.run()
        return demo.answer()


@contextmanager
def _throw_away_home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-demo-home-"))
    try:
        home = Home(folder)
        home.make()
        os.environ["TOCSIN_HOME"] = str(folder)
        os.environ.pop("TOCSIN_DATABASE_URL", None)
        yield home
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Demo:
    def __init__(
        self, home: Home, inbox: Path, arguments: argparse.Namespace, output: Output
    ) -> None:
        self._home = home
        self._inbox = inbox
        self._once: bool = arguments.once
        self._bind: str = arguments.bind
        self._http: bool = arguments.http
        self._eve = Path(arguments.eve).resolve() if arguments.eve else home.folder / "eve.json"
        self._own = arguments.eve is None
        self._output = output
        self._steps = _Steps(output)
        self._numbers: Numbers | None = None
        self._ok = False

    def _configure(self) -> None:
        """Apply one document to the running manager: it makes all that an alarm needs."""
        import yaml  # noqa: PLC0415

        relay = json.loads((self._inbox / "relay.json").read_text())
        document = {
            "smtp": {
                "server": relay["host"],
                "port": relay["port"],
                "encryption": "starttls",
                "from": "tocsin@example.com",
                "user": relay["user"],
                "password_file": relay["password_file"],
            },
            "trust": [{"name": "Rehearsal Root CA 1", "file": relay["root_file"]}],
            "sources": [{"name": "ids-1", "kind": "eve", "path": str(self._eve), "from": "start"}],
            "actions": [{"name": ACTION, "kind": "email", "to": ["soc@example.com"]}],
            "rules": [
                {
                    "name": "All minor alarms and graver",
                    "type": "any",
                    "when": {"severity": "minor"},
                    "active": [ACTION],
                    "inactive": [],
                }
            ],
        }
        path = self._home.folder / "demo.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        self._command("config", "apply", str(path))
        self._steps.say("the configuration was applied: relay, trust, source, rule, action")

    def _command(self, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 -- our own program
            [sys.executable, "-m", "tocsin", *arguments], check=True, stdout=subprocess.DEVNULL
        )

    def run(self) -> None:
        """Run the manager until it is ended, or until the mails have arrived."""
        from tocsin.engine.supervisor import RoleCommand, Supervisor  # noqa: PLC0415

        folder = ("--home", str(self._home.folder))
        bind = ("--bind", self._bind, *(("--http",) if self._http else ()))
        ports = ("--port", "0", "--smtps-port", "0")
        commands = [
            RoleCommand(
                "rehearse",
                ("rehearse", *folder, *ports, "--out", str(self._inbox)),
            ),
            RoleCommand("web", ("web", *folder, *bind)),
            RoleCommand("responder", ("responder", *folder)),
            RoleCommand("intake", ("intake", *folder)),
        ]
        Supervisor(self._home, commands, {}, self._ready).run()

    def _ready(self) -> None:
        """Called by the supervisor: the rest goes beside it."""
        self._steps.say("the manager is up: web, responder, intake and a rehearsal relay")
        if not self._once:
            self._tell_what_to_look_at()
        threading.Thread(target=self._play, name="play", daemon=True).start()

    def _tell_what_to_look_at(self) -> None:
        from tocsin.engine.firstpassword import first_password_file  # noqa: PLC0415

        path = first_password_file(self._home)
        password = path.read_text().strip() if path.exists() else "(was shown before)"
        path.unlink(missing_ok=True)
        scheme = "http" if self._http else "https"
        for line in (
            "",
            f"  Open      {scheme}://{self._bind}/   (the certificate is self-made)",
            f"  Sign in   administrator, one-time password {password}",
            "  Look at   Alarms: they come in live, a scan that ends in data going out",
            "            Deliveries: the path of each mail and what the relay said",
            "            Rehearsal: the mails as they arrived",
            f"            Response Management > Actions > {ACTION} > Test Action",
            f"  Inbox     {self._inbox}",
            "  End       Ctrl-C",
            "",
        ):
            self._output.note(line)

    def _play(self) -> None:
        """Write the scenario, and in the end look whether every mail has arrived."""
        try:
            self._configure()
            if self._own:
                self._write_scenario()
                self._steps.say("the scenario was written to the EVE file")
            if self._once:
                self._numbers = self._wait_for_mails()
                self._steps.say(
                    f"{self._numbers.alarms} reports came in, {self._numbers.delivered} mails "
                    "were taken by the relay",
                    ok=self._ok,
                )
        finally:
            if self._once:
                os.kill(os.getpid(), signal.SIGTERM)

    def _write_scenario(self) -> None:
        from tocsin.base.clock import SECOND, now  # noqa: PLC0415
        from tocsin.rehearsal.scenario import LENGTH_S, scenario, write_stream  # noqa: PLC0415

        records = list(scenario(_SEED, now() - int(LENGTH_S) * SECOND))
        length = max(at for at, _ in records) or 1.0
        speed = length / (_ONCE_S if self._once else _LIVE_S)
        write_stream(self._eve, records, speed, rotate_at=length / 2)

    def _wait_for_mails(self) -> Numbers:
        from tocsin.engine.metricsreader import read_numbers  # noqa: PLC0415

        deadline = time.monotonic() + _PATIENCE_S
        steady = 0
        numbers = read_numbers(self._home, self._bind, plain=self._http)
        while time.monotonic() < deadline:
            time.sleep(0.5)
            before, numbers = numbers, read_numbers(self._home, self._bind, plain=self._http)
            # Nothing new and nothing under way, twice in a row: the file is read to its end.
            steady = steady + 1 if numbers == before and numbers.settled else 0
            if steady >= 3 and numbers.delivered > 0:  # noqa: PLR2004
                self._ok = numbers.delivered == numbers.queued
                break
        return numbers

    def answer(self) -> int:
        """What came of it."""
        if not self._once:
            self._output.note(f"The mails stay in {self._inbox}")
            return 0
        mails = len(list(self._inbox.glob("*.eml")))
        ok = self._ok and self._numbers is not None and mails >= self._numbers.delivered
        self._output.answer(
            {
                "ok": ok,
                "alarms": self._numbers.alarms if self._numbers else 0,
                "mails": mails,
                "inbox": str(self._inbox),
                "steps": self._steps.done,
            },
            f"{mails} mails in {self._inbox}",
        )
        return 0 if ok else 1
