"""``tocsin doctor --fix``: each remedy shown, asked for, and carried out."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from tocsin.cli.output import Output, printable
from tocsin.cli.trouble import WrongUse
from tocsin.doctor.remedy import RemedyKind

if TYPE_CHECKING:
    from tocsin.engine.doctorrun import Run
    from tocsin.engine.remedy import RemedyPreview

_KINDS = tuple(one.value for one in RemedyKind)
_MOST = 20
"""Remedies carried out in one go; more would go round in circles."""

_BY_FINGERPRINT = frozenset({"sha256", "knowingly"})
"""What is entered by confirming a fingerprint."""

Ask = Callable[[str], str]
Look = Callable[[Mapping[str, str]], "RemedyPreview"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``tocsin doctor`` takes beside what is walked."""
    parser.add_argument(
        "--fix", action="store_true", help="offer each remedy, and walk again after it"
    )
    parser.add_argument(
        "--yes",
        action="append",
        default=[],
        metavar="KIND",
        help="with --fix: carry out remedies of this kind without asking "
        f"({', '.join(_KINDS)}); add-anchor=SHA256 names the certificate",
    )
    parser.add_argument(
        "--undo", type=int, metavar="VERSION", help="take back what a remedy changed; walk again"
    )


def allowed(given: list[str]) -> dict[RemedyKind, str]:
    """The kinds that need no question, with the fingerprint where one is named.

    Raises:
        WrongUse: one is no kind, or a certificate would be trusted unseen.
    """
    found = {}
    for one in given:
        name, _, fingerprint = one.partition("=")
        if name not in _KINDS:
            raise WrongUse(f"--yes {one}: accepted is one of {', '.join(_KINDS)}")
        kind = RemedyKind(name)
        if kind is RemedyKind.ADD_ANCHOR and not fingerprint:
            raise WrongUse("a certificate is not trusted unseen: --yes add-anchor=SHA256")
        found[kind] = fingerprint
    return found


def fix(run: Run, yes: Mapping[RemedyKind, str], output: Output, ask: Ask | None = None) -> Run:
    """Offer each remedy of the walk, and of the walks after it; gives the last walk.

    `ask` puts a question and gives the answer; without it the terminal is asked, if there is
    one. The store must be open.
    """
    from tocsin.engine import access, doctor, remedy  # noqa: PLC0415 -- start-up time

    asked = ask or (_at_terminal if _is_terminal() else None)
    declined: set[tuple[str, str]] = set()
    for _ in range(_MOST):
        for offer in remedy.offers(access.LOCAL, run.id):
            if (offer.kind.value, offer.code) in declined:
                continue
            declined.add((offer.kind.value, offer.code))
            look = partial(remedy.preview, access.LOCAL, run.id, offer.index)
            shown = look({})
            given = _agreed(look, shown, yes, asked, output)
            if given is None:
                continue
            done = remedy.carry_out(
                access.LOCAL, run.id, offer.index, given, seen_version=shown.version
            )
            _tell_done(done.version, done.what, output)
            if done.run is None:
                output.note(f"the doctor did not walk again: {printable(done.unwalked)}")
                return run
            run = doctor.wait(access.LOCAL, done.run)
            break
        else:
            return run
    return run


def undo(version: int, output: Output) -> Run | None:
    """Take back what a remedy changed in that version; gives the walk after it."""
    from tocsin.engine import access, doctor, remedy  # noqa: PLC0415 -- start-up time

    done = remedy.undo(access.LOCAL, version)
    output.note(f"version {done.version} is in force; undone: {printable(done.what)}")
    if done.run is None:
        output.note(f"the doctor did not walk again: {printable(done.unwalked)}")
        return None
    return doctor.wait(access.LOCAL, done.run)


def _tell_done(version: int | None, what: str, output: Output) -> None:
    if version is None:
        output.note(f"done: {printable(what)}")
        return
    output.note(
        f"version {version} is in force: {printable(what)}\n"
        f"  undo it with: tocsin doctor --undo {version}"
    )


def _agreed(
    look: Look,
    shown: RemedyPreview,
    yes: Mapping[RemedyKind, str],
    ask: Ask | None,
    output: Output,
) -> dict[str, str] | None:
    """What was entered for a remedy that is wanted; None: leave it."""
    _tell(shown, output)
    kind = shown.offer.kind
    if kind in yes:
        return _without_asking(shown, yes[kind], output)
    if ask is None:
        named = f"{kind.value}=SHA256" if kind is RemedyKind.ADD_ANCHOR else kind.value
        output.note(f"  not done; to do it without a terminal: --yes {named}")
        return None
    given = {one: ask(f"{one}: ") for one in shown.asks if one not in _BY_FINGERPRINT}
    if "sender" in given:
        _tell(look(given), output)
    question = "Trust the certificate of this SHA-256?" if shown.certificate else "Do it?"
    if ask(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        return None
    return given | _confirmed(shown)


def _tell(shown: RemedyPreview, output: Output) -> None:
    for line in _lines(shown):
        output.note(printable(line))


def _confirmed(shown: RemedyPreview) -> dict[str, str]:
    sha256 = shown.certificate.sha256 if shown.certificate else ""
    return {name: sha256 for name in shown.asks if name in _BY_FINGERPRINT}


def _without_asking(
    shown: RemedyPreview, fingerprint: str, output: Output
) -> dict[str, str] | None:
    """Only what needs nothing entered; a certificate only by its fingerprint."""
    if set(shown.asks) - _BY_FINGERPRINT:
        output.note(f"  not done: {', '.join(shown.asks)} must be entered at a terminal")
        return None
    plain = fingerprint.replace(":", "").lower()
    if shown.certificate and plain != shown.certificate.sha256:
        output.note(f"  not done: its fingerprint is not {printable(fingerprint)}")
        return None
    return _confirmed(shown)


def _lines(shown: RemedyPreview) -> Iterator[str]:
    yield f"{shown.offer.label} [{shown.offer.kind.value}], for {shown.offer.code}"
    yield f"  {shown.says}"
    for one in shown.differences:
        yield f"  {one}"
    if shown.certificate:
        yield f"  SHA-256 {shown.certificate.sha256}"
    if shown.trusting:
        yield f"  {shown.trusting}"
    for effect in shown.effects:
        yield f"  {effect.where}: {effect.words}"
    for words in (*map(str, shown.notices), *shown.warnings):
        yield f"  warning: {words}"


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _at_terminal(question: str) -> str:
    """The answer; what is secret does not appear."""
    if question.startswith("secret"):
        return getpass.getpass("IAM secret access key: ")
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().rstrip("\n")
