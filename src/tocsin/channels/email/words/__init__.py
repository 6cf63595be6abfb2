"""The words of default mails, in each language that an action can be set to.

They stand here and not in the catalogues of the pages: mails are made without these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tocsin.channels.email.words.chinese import CHINESE
from tocsin.channels.email.words.english import ENGLISH
from tocsin.channels.email.words.shape import Words

__all__ = ["WORDS", "Language", "Words"]

Language = Literal["en", "zh-Hans"]

WORDS: Mapping[Language, Words] = {"en": ENGLISH, "zh-Hans": CHINESE}
