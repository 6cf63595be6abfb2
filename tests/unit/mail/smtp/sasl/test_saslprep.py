"""SASLprep: one spelling for what can be typed in several ways."""

from __future__ import annotations

import pytest

from tocsin.mail.smtp.failure import UnfitLogin
from tocsin.mail.smtp.sasl.saslprep import prepare


@pytest.mark.parametrize(
    ("typed", "prepared"),
    [
        # the examples of RFC 4013 section 3
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        # and more
        ("pass word", "pass word"),
        ("pass\u00a0word", "pass word"),
        ("pass\u3000word", "pass word"),
        ("cafe\u0301", "café"),
        ("\ufb01sh", "fish"),
        ("密码", "密码"),
        ("\u05d0\u05d1", "\u05d0\u05d1"),
        ("\u06271\u0628", "\u06271\u0628"),
        ("smile \U0001f600", "smile \U0001f600"),
        ("a\u200db", "ab"),
    ],
)
def test_what_means_the_same_is_spelled_the_same(typed, prepared):
    """Blanks, ligatures and accents take one form; what has no look is left out."""
    assert prepare(typed, "password") == prepared


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "\u00ad",
        # the examples of RFC 4013 section 3
        "\u0007",
        "\u06271",
        # control, private use, non-characters, surrogates, tags, changes of direction
        "a\nb",
        "a\0b",
        "a\x7f",
        "a\x85",
        "\ue000",
        "\ufffe",
        "\ud800",
        "\U000e0001",
        "a\u202eb",
        "\ufff9",
        "\u2ff0",
        # from right to left at the start only, or with letters of the other direction in it
        "\u05d0a",
        "\u05d0a\u05d0",
        "1\u05d0",
    ],
)
def test_what_cannot_be_prepared_is_refused_by_name(typed):
    """Nothing prohibited passes, and the failure says which of the two it was."""
    with pytest.raises(UnfitLogin, match="password"):
        prepare(typed, "password")
