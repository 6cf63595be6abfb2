"""``tocsin ses setup``: a region and credentials in, a tested mail path out.

Secrets are read from standard input, or asked for at a terminal and not shown. What is
missing is asked for at a terminal; elsewhere it is wrong usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.cli import sessetupwords as words
from tocsin.cli.delivery import attempt_lines
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable
from tocsin.cli.store import use_store
from tocsin.cli.trouble import MISSING, WRONG, WrongUse

if TYPE_CHECKING:
    from tocsin.engine.configuration import Changed
    from tocsin.engine.setup.entered import Choice, Credentials, Entered
    from tocsin.engine.setup.proposal import Proposal
    from tocsin.trust.certificate import Certificate

_ACTION = "Mail the SOC"


def add_actions(actions: Any) -> None:
    """Add ``setup`` to the actions of ``tocsin ses``."""
    setup = actions.add_parser(
        "setup", help="mail by Amazon SES: endpoint, trust, action and rule, and a test"
    )
    setup.add_argument("--region", metavar="R", help="such as eu-west-1")
    setup.add_argument("--from", dest="sender", metavar="A", help="the From address")
    setup.add_argument(
        "--to", metavar="B", action="append", help="whom alarms are mailed to; may be repeated"
    )
    who = setup.add_mutually_exclusive_group()
    who.add_argument("--user", metavar="U", help="SMTP user name; its password: standard input")
    who.add_argument(
        "--access-key", metavar="K", help="IAM access key id; its secret: standard input"
    )
    setup.add_argument(
        "--keep-key", action="store_true", help="store the secret too, to watch the account by it"
    )
    setup.add_argument(
        "--create-user", metavar="NAME", help="make an IAM user that may only send, by the key"
    )
    setup.add_argument(
        "--server", metavar="HOST[:PORT]", help="in place of the region's endpoint (VPC, stand-in)"
    )
    setup.add_argument("--port", metavar="P", type=int, help="587, 2587, 25; 465 and 2465: SMTPS")
    setup.add_argument("--smtps", action="store_true", help="TLS begins at once")
    setup.add_argument("--fips", action="store_true", help="the region's FIPS endpoint")
    setup.add_argument("--endpoint-url", metavar="URL", help="the API in place of AWS")
    setup.add_argument(
        "--trust-proposed",
        action="store_true",
        help="agree to trust the certificate proposed; of Amazon a published root alone",
    )
    setup.add_argument("--action", metavar="NAME", default=_ACTION, help=f"({_ACTION})")
    setup.add_argument("--dry-run", action="store_true", help="say what would change, no more")
    setup.add_argument("--no-test", action="store_true", help="send no test mail")
    setup.add_argument("--yes", action="store_true", help="agree to apply it")
    common(setup)
    setup.set_defaults(run=_run)


class _Talk:
    """Says what happens as it happens, and asks whoever sits at the terminal."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self.at_terminal = sys.stdin is not None and sys.stdin.isatty() and not output.as_json

    def say(self, lines: Iterable[str]) -> None:
        """Lines for people; a JSON document has them as data."""
        if not self._output.as_json:
            self._output.answer(None, [printable(one) for one in lines])

    def complain(self, problem: str) -> None:
        """Why it ends here."""
        if not self._output.as_json:
            self._output.note(printable(problem))

    def ask(self, question: str) -> str:
        """An answer, without blanks around it."""
        sys.stderr.write(question)
        sys.stderr.flush()
        return sys.stdin.readline().strip()

    def agrees(self, question: str) -> bool:
        """Whether the person says yes; anything else is no."""
        return self.ask(f"{question} [yes/no] ").lower() in {"yes", "y"}

    def secret(self, question: str) -> Secret:
        """One line that is not shown: typed at the terminal, or standard input's first."""
        if sys.stdin is None:
            return Secret("")
        if self.at_terminal or sys.stdin.isatty():
            from getpass import getpass  # noqa: PLC0415

            try:
                return Secret(getpass(question))
            except EOFError:  # the terminal was closed, or Ctrl-D pressed
                return Secret("")
        return Secret(sys.stdin.buffer.readline().decode(errors="replace").strip("\r\n"))


def _run(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    talk = _Talk(output)
    _complete(arguments, talk)
    entered = _entered(arguments, talk)
    use_store(home)
    setup = _Setup(arguments, entered, talk)
    status = setup.run()
    if output.as_json:
        output.answer(setup.told, "")
    return status


def _complete(arguments: argparse.Namespace, talk: _Talk) -> None:
    """See that everything is there that nobody can be asked for later.

    Raises:
        WrongUse: something is missing, or the options do not go together.
    """
    if arguments.access_key is None and (arguments.keep_key or arguments.create_user):
        raise WrongUse("--keep-key and --create-user need --access-key")
    if talk.at_terminal:
        arguments.region = arguments.region or talk.ask("Region, such as eu-west-1: ")
        if arguments.access_key is None and not arguments.user:
            arguments.user = talk.ask("SMTP user name: ")
        return
    wanted = {
        "--region": arguments.region,
        "--user or --access-key": arguments.user or arguments.access_key,
        "--from": arguments.sender,
        "--to": arguments.to,
        "--yes or --dry-run": arguments.yes or arguments.dry_run,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise WrongUse(f"missing, and there is no terminal to ask at: {', '.join(missing)}")


def _entered(arguments: argparse.Namespace, talk: _Talk) -> Entered:
    from tocsin.engine.setup.entered import Entered  # noqa: PLC0415 -- start-up time

    return Entered(
        region=arguments.region,
        credentials=_credentials(arguments, talk),
        fips=arguments.fips,
        server=arguments.server,
        port=arguments.port,
        encryption="smtps" if arguments.smtps else None,
        endpoint_url=arguments.endpoint_url,
    )


def _credentials(arguments: argparse.Namespace, talk: _Talk) -> Credentials:
    from tocsin.engine.setup.entered import AccessKey, NewUser, SmtpUser  # noqa: PLC0415

    key = arguments.access_key
    secret = talk.secret("IAM secret access key: " if key else "SMTP password: ")
    if not secret:
        what = "the secret access key" if key else "the SMTP password"
        raise WrongUse(f"{what} is missing; it is read from standard input")
    if key is None:
        return SmtpUser(arguments.user, secret)
    if arguments.create_user:
        return NewUser(key, secret, arguments.create_user, keep=arguments.keep_key)
    return AccessKey(key, secret, keep=arguments.keep_key)


class _Setup:
    """Look, agree, look again by what was agreed to, apply, test."""

    def __init__(self, arguments: argparse.Namespace, entered: Entered, talk: _Talk) -> None:
        self._arguments = arguments
        self._entered = entered
        self._talk = talk
        self._trusting: tuple[Certificate, ...] = ()
        self.told: dict[str, Any] = {
            "ok": False,
            "proposal": None,
            "trusted": [],
            "warnings": [],
            "user_made": None,
            "applied": None,
            "tested": False,
            "test": None,
            "stood_in": False,
            "problem": None,
        }
        """What the command answers with ``--json``, as far as it has come."""

    def run(self) -> int:
        """Do it; gives the exit status."""
        from tocsin.engine.setup.whole import SHAPE, hindrance  # noqa: PLC0415 -- start-up time

        proposal = self._look()
        if proposal.collection is None:
            return self._stop(WRONG, SHAPE)
        self._talk.say(words.way(proposal))
        if not proposal.collection.verdict.trusted:
            if not self._agree(proposal):
                return self._stop(1, f"{hindrance(proposal)}; nothing was changed")
            proposal = self._look()
        self._talk.say(words.found(proposal))
        problem = hindrance(proposal)
        if problem:
            return self._stop(1, f"{problem}; nothing was changed")
        return self._apply(proposal, self._choose(proposal))

    def _look(self) -> Proposal:
        from tocsin.engine import access  # noqa: PLC0415 -- start-up time
        from tocsin.engine.setup.look import look  # noqa: PLC0415
        from tocsin.engine.setup.told import proposal_json  # noqa: PLC0415

        proposal = look(access.LOCAL, self._entered, trusting=self._trusting)
        self.told["proposal"] = proposal_json(proposal)
        if not self._trusting:
            self._talk.say(words.shape(proposal))
        return proposal

    def _agree(self, proposal: Proposal) -> bool:
        """Whether the certificate that is proposed may be trusted."""
        from tocsin.engine.setup.anchoring import chosen, trustworthy  # noqa: PLC0415

        if proposal.anchor is None:
            return False
        given = self._arguments.trust_proposed
        if given and not trustworthy(proposal):
            self._talk.say([words.STRANGE])
            given = False
        if not given and not self._talk.at_terminal:
            self._talk.say([words.COMPARE])
            return False
        if not given and not self._talk.agrees("Trust this certificate?"):
            return False
        self._trusting = chosen(proposal, (proposal.anchor.sha256,))
        self.told["trusted"] = [one.sha256 for one in self._trusting]
        return True

    def _choose(self, proposal: Proposal) -> Choice:
        from tocsin.engine.setup.account import judge_choice  # noqa: PLC0415
        from tocsin.engine.setup.entered import Choice  # noqa: PLC0415
        from tocsin.engine.setup.told import explained_json  # noqa: PLC0415

        sender = self._arguments.sender or self._talk.ask("From address: ")
        to = self._arguments.to or self._talk.ask("Recipients, with commas between: ").split(",")
        choice = Choice(
            sender=sender,
            to=tuple(one.strip() for one in to if one.strip()),
            action=self._arguments.action,
            trust=tuple(one.sha256 for one in self._trusting),
        )
        region = self._entered.region.strip().lower()
        judged = judge_choice(proposal, region, choice.sender, choice.to)
        self.told["warnings"] = [explained_json(one) for one in judged]
        self._talk.say(line for one in judged for line in words.explained(one))
        return choice

    def _apply(self, proposal: Proposal, choice: Choice) -> int:
        from tocsin.engine import access  # noqa: PLC0415
        from tocsin.engine.setup.apply import apply  # noqa: PLC0415
        from tocsin.engine.setup.entered import NewUser  # noqa: PLC0415
        from tocsin.engine.setup.told import changed_json  # noqa: PLC0415

        foreseen = apply(access.LOCAL, self._entered, proposal, choice, dry_run=True)
        self._talk.say(words.changes(foreseen))
        if self._arguments.dry_run:
            self.told |= {"ok": True, "applied": changed_json(foreseen)}
            self._talk.say(["nothing was changed: this was a dry run"])
            return 0
        if not self._arguments.yes and not self._talk.agrees("Apply this?"):
            return self._stop(1, "nothing was changed")
        if isinstance(self._entered.credentials, NewUser):
            return self._apply_with_user(choice)
        return self._applied(apply(access.LOCAL, self._entered, proposal, choice), choice)

    def _apply_with_user(self, choice: Choice) -> int:
        """With a user that is made first; what ends it after that says that it is there."""
        from tocsin.central.problem import Invalid  # noqa: PLC0415
        from tocsin.engine import access  # noqa: PLC0415
        from tocsin.engine.errors import Conflict, Refused  # noqa: PLC0415
        from tocsin.engine.setup.apply import apply  # noqa: PLC0415
        from tocsin.engine.setup.whole import hindrance, left, reason_of  # noqa: PLC0415

        name = self._make_user()
        try:
            proposal = self._look()
            self._talk.say(words.found(proposal))
            problem = hindrance(proposal)
            if not problem:
                changed = apply(access.LOCAL, self._entered, proposal, choice)
        except (Invalid, Refused, Conflict) as refusal:
            problem = reason_of(refusal)
        if problem:
            return self._stop(1, f"{problem}; {left(name, self._entered)}")
        return self._applied(changed, choice)

    def _applied(self, changed: Changed, choice: Choice) -> int:
        from tocsin.engine.setup.told import changed_json  # noqa: PLC0415

        self.told["applied"] = changed_json(changed)
        self._talk.say([words.in_force(changed)])
        if self._arguments.no_test:
            self.told["ok"] = True
            return 0
        return self._test(choice.action)

    def _make_user(self) -> str:
        """Name of the user that is made; its key takes the place of the one that was given."""
        from tocsin.engine import access  # noqa: PLC0415
        from tocsin.engine.setup.look import make_user  # noqa: PLC0415

        name = str(self._arguments.create_user)
        self._entered = make_user(access.LOCAL, self._entered, trusting=self._trusting)
        self.told["user_made"] = name
        self._talk.say([words.MADE.format(name=name)])
        return name

    def _test(self, action: str) -> int:
        from tocsin.engine import access, actiontest  # noqa: PLC0415
        from tocsin.engine.errors import Conflict, RoleMissing  # noqa: PLC0415
        from tocsin.engine.setup.apply import finish, stood_in  # noqa: PLC0415
        from tocsin.engine.setup.entered import AccessKey  # noqa: PLC0415

        key = self._entered.credentials
        fresh = isinstance(key, AccessKey) and key.fresh
        try:
            result = finish(access.LOCAL, action, fresh=fresh)
        except RoleMissing as missing:
            return self._stop(MISSING, words.UNTESTED.format(why=missing, action=action))
        except Conflict as conflict:
            return self._stop(1, words.UNTESTED.format(why=conflict, action=action))
        self.told |= {"ok": result.ok, "tested": True, "test": actiontest.result_json(result)}
        if stood_in(result):
            self.told["stood_in"] = True
            self._talk.say([words.STOOD_IN])
        attempt = result.attempt
        self._talk.say([*(attempt_lines(attempt) if attempt else ()), words.tested(result)])
        return 0 if result.ok else 1

    def _stop(self, status: int, problem: str) -> int:
        self.told["problem"] = problem
        self._talk.complain(problem)
        return status
