"""``tocsin doctor --fix``: what is asked, what is done, and what never happens unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tocsin.cli import remedy as cli
from tocsin.cli.output import Output
from tocsin.cli.trouble import WrongUse
from tocsin.engine import access, configuration, doctor
from tocsin.engine.doctorrun import Run
from walked import ANCHOR, DERIVE, DHE, HERE, IAM, ROOT, SENDER, SMTP, walked

EVERY = (ANCHOR, DHE, SENDER, DERIVE)


@pytest.fixture(autouse=True)
def _configured(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration.change(access.LOCAL, {"smtp": SMTP, "ciphers": {"preset": "with-dhe"}})
    # Each walk finds the same again: what is mended is moot by then.
    monkeypatch.setattr(doctor, "start", lambda _who, _asked: walked(*EVERY, target=HERE))


def run() -> Run:
    """A walk that offers one of every sort."""
    return doctor.find_run(access.LOCAL, walked(*EVERY, target=HERE))


def answers(*words: str) -> tuple[Callable[[str], str], list[str]]:
    """Gives these answers one after the other, and the questions that they were given to."""
    left: Iterator[str] = iter(words)
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return next(left)

    return ask, questions


def fix(*yes: str, ask: Callable[[str], str] | None = None) -> Run:
    """Go through the remedies."""
    return cli.fix(run(), cli.allowed(list(yes)), Output(as_json=False), ask)


def test_each_remedy_is_asked_for_once_and_done_when_wanted(capsys: pytest.CaptureFixture[str]):
    """What is declined is not asked for again; every walk after a change goes on from there."""
    ask, questions = answers("y", "n", "a@example.org", "yes", IAM, "")
    fix(ask=ask)
    assert questions == [
        "Trust the certificate of this SHA-256? [y/N] ",
        "Do it? [y/N] ",
        "sender: ",
        "Do it? [y/N] ",
        "secret: ",
        "Do it? [y/N] ",
    ]
    found = configuration.current()
    assert found.number == 3
    assert [one.name for one in found.configuration.trust] == [ROOT.parsed.title]
    assert found.configuration.smtp is not None
    assert found.configuration.smtp.sender == "a@example.org"
    assert found.configuration.smtp.password == SMTP["password"]
    told = capsys.readouterr()
    assert told.out == ""
    assert ROOT.sha256 in told.err
    assert "smtp.from: tocsin@example.com → a@example.org" in told.err
    assert "tocsin doctor --undo 2" in told.err
    assert IAM not in told.err


def test_without_a_terminal_only_what_is_named_is_done(capsys: pytest.CaptureFixture[str]):
    """A certificate by its fingerprint alone, and nothing that must be entered."""
    fix("drop-dhe", "set-sender", f"add-anchor={'00' * 32}")
    found = configuration.current()
    assert found.number == 2
    assert found.configuration.ciphers.list is not None
    assert found.configuration.trust == ()
    told = capsys.readouterr().err
    assert "its fingerprint is not" in told
    assert "sender must be entered" in told
    assert "--yes derive-password" in told


def test_a_certificate_is_trusted_by_the_fingerprint_that_is_named():
    """However it is written."""
    pairs = [ROOT.sha256[at : at + 2] for at in range(0, 64, 2)]
    fix(f"add-anchor={':'.join(pairs).upper()}")
    assert [one.name for one in configuration.current().configuration.trust] == [ROOT.parsed.title]


def test_no_certificate_is_trusted_unseen():
    """Nor is there a kind of any other name."""
    for given in ("add-anchor", "add-anchor=", "everything", ""):
        with pytest.raises(WrongUse):
            cli.allowed([given])


def test_undo_takes_it_back(capsys: pytest.CaptureFixture[str]):
    """And gives the walk after it."""
    fix("drop-dhe")
    after = cli.undo(2, Output(as_json=False))
    assert after is not None
    assert configuration.current().configuration.ciphers.preset == "with-dhe"
    assert "version 3 is in force" in capsys.readouterr().err
