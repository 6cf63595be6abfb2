"""The fuzz targets themselves: what `make fuzz` runs for long is run here for a moment."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from fuzz import fuzz_conversation, fuzz_reply
from tocsin.mail.smtp.mailing import Mailing
from tocsin.mail.smtp.opening import Opening
from tocsin.mail.smtp.reply import ReplyReader
from tocsin.mail.smtp.transaction import Ending

RUN = Path(fuzz_reply.__file__).with_name("run.py")


def inputs(seeds: tuple[bytes, ...], count: int) -> list[bytes]:
    """The seeds, what can be made of them by cutting, joining and spoiling, and pure noise."""
    chance = random.Random(1)
    made = list(seeds)
    for _ in range(count):
        one, other = chance.choice(seeds), chance.choice(seeds)
        cut = bytearray(one[: chance.randint(0, len(one))] + other[chance.randint(0, len(other)) :])
        for _ in range(chance.choice((0, 0, 1, 3))):
            cut[chance.randrange(len(cut)) : chance.randrange(len(cut))] = chance.randbytes(2)
            cut = cut or bytearray(b"\0")
        made += [bytes(cut), chance.randbytes(chance.randint(0, 60))]
    return made


@pytest.mark.parametrize("target", [fuzz_conversation, fuzz_reply])
def test_no_input_breaks_a_promise(target):
    """Every seed, many spoiled ones and noise: only the failures that have a name."""
    for data in inputs(target.SEEDS, 1_500):
        target.one_input(data)


def test_the_seeds_lead_to_every_kind_of_end(monkeypatch):
    """What is fuzzed reaches each ending of a message and many failures, not just the door."""
    endings: Counter[Ending] = Counter()
    failures: Counter[str] = Counter()
    check_mailing = fuzz_conversation._check_handed_over
    check_opening = fuzz_conversation._check_opened

    def mailed(talk: Mailing, settled: list) -> None:
        endings.update(one.ending for one in settled)
        check_mailing(talk, settled)

    def opened(talk: Opening, **known: bool) -> None:
        failures[type(talk.failure).__name__] += 1
        check_opening(talk, **known)

    monkeypatch.setattr(fuzz_conversation, "_check_handed_over", mailed)
    monkeypatch.setattr(fuzz_conversation, "_check_opened", opened)
    for data in inputs(fuzz_conversation.SEEDS, 1_500):
        fuzz_conversation.one_input(data)
    assert set(endings) == set(Ending) - {Ending.WAITING, Ending.UNDERWAY}
    assert {
        "NoneType",
        "Refused",
        "NotSmtp",
        "StartTlsMissing",
        "StartTlsInjection",
        "NoMechanism",
        "RelayUnproven",
        "Closed",
    } <= set(failures)


@pytest.mark.parametrize(
    ("owner", "name", "broken"),
    [
        (ReplyReader, "quote", lambda _self, data: data),
        (Mailing, "lost", lambda _self, _failure, _at: []),
        (Opening, "_check_unasked", lambda _self: None),
    ],
    ids=["secret quoted", "endings not told", "unasked bytes believed"],
)
def test_a_broken_promise_is_noticed(monkeypatch, owner, name, broken):
    """The targets can fail: with one safeguard taken away they do."""
    monkeypatch.setattr(owner, name, broken)

    def run() -> None:
        for target in (fuzz_conversation, fuzz_reply):
            for data in inputs(target.SEEDS, 1_500):
                target.one_input(data)

    with pytest.raises(AssertionError):
        run()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [([], 2, "usage"), (["nothing"], 2, "usage"), (["reply"], 3, "nothing was fuzzed")],
)
def test_the_runner_says_when_it_cannot_fuzz(arguments, status, words, tmp_path):
    """Wrong usage and a missing atheris are told apart, and neither passes for success."""
    (tmp_path / "atheris.py").write_text("raise ModuleNotFoundError('atheris')\n")
    done = subprocess.run(
        [sys.executable, RUN, *arguments],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status
    assert words in done.stderr
