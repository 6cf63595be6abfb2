"""How a program's words are written down."""

from __future__ import annotations

from collections.abc import Callable

from tocsin.faults.fault import Printed

ANY = "Any program"


def of(program: str, *, anywhere: bool = True) -> Callable[..., Printed]:
    """Makes the entries of one program.

    `anywhere` is what its words are unless an entry says otherwise: whether they can be
    said of a connection that has nothing to do with mail.
    """

    def say(
        code: str,
        words: str,
        example: str = "",
        *also: str,
        vague: bool = False,
        mail: bool = not anywhere,
    ) -> Printed:
        return Printed(program, code, words, example or words, also, vague, anywhere=not mail)

    return say
