"""One spelling for a user name or password, whatever the keyboard made of it (RFC 4013)."""

from __future__ import annotations

import stringprep
import unicodedata

from tocsin.mail.smtp.failure import UnfitLogin

_PROHIBITED = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def prepare(text: str, what: str) -> str:
    """The text as both sides of a SCRAM sign-in have to spell it.

    Code points that Unicode 3.2 did not know pass unchanged, as a query's may.

    Raises:
        UnfitLogin: `what` holds a prohibited character, mixes directions, or is empty.
    """
    if text.isascii():
        prepared = text  # nothing to map; prohibited are control characters only
    else:
        prepared = unicodedata.ucd_3_2_0.normalize("NFKC", "".join(map(_mapped, text)))
    if not prepared:
        raise UnfitLogin(f"the {what} is empty")
    if any(prohibited(char) for char in prepared for prohibited in _PROHIBITED):
        raise UnfitLogin(f"the {what} holds a character that SASLprep prohibits")
    _check_direction(prepared, what)
    return prepared


def _mapped(char: str) -> str:
    """RFC 4013 section 2.1: other blanks become a blank, what has no look becomes nothing."""
    if stringprep.in_table_c12(char):
        return " "
    return "" if stringprep.in_table_b1(char) else char


def _check_direction(text: str, what: str) -> None:
    """RFC 3454 section 6: text from right to left is so from its first to its last character."""
    if not any(map(stringprep.in_table_d1, text)):
        return
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    if not ends or any(map(stringprep.in_table_d2, text)):
        raise UnfitLogin(f"the {what} mixes directions of writing")
