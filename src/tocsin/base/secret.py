"""A string that does not show itself."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """Holds a password or token; prints as ``***`` everywhere.

    Only `reveal` gives the content. Formatting, logging, pickling and comparing
    by accident do not: there is no implicit way to a string.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The content, for the one line that really needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written out")
