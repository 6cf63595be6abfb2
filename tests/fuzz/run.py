"""Runs one fuzz target under atheris: run.py conversation|reply [options of libFuzzer].

What was found is kept in build/fuzz/, so that the next run begins where this one ended.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path

TARGETS = ("conversation", "reply")
KEPT = Path(__file__).parents[2] / "build" / "fuzz"


def main(arguments: list[str]) -> int:
    """Fuzz until told to stop; 2 for wrong usage, 3 where atheris is missing."""
    if not arguments or arguments[0] not in TARGETS:
        sys.stderr.write(f"usage: run.py {'|'.join(TARGETS)} [-max_total_time=SECONDS …]\n")
        return 2
    try:
        import atheris
    except ModuleNotFoundError:
        sys.stderr.write("atheris is not installed here: nothing was fuzzed\n")
        return 3
    name, *options = arguments
    with atheris.instrument_imports(include=["tocsin.mail"]):
        target = importlib.import_module(f"fuzz_{name}")
    corpus = KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.SEEDS:
        (corpus / hashlib.sha256(seed).hexdigest()).write_bytes(seed)
    prefix = f"-artifact_prefix={KEPT}/{name}-"
    atheris.Setup([sys.argv[0], prefix, *options, str(corpus)], target.one_input)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
