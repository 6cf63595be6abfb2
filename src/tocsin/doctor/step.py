"""One step of a walk: what was asked, what came back, how long it took."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken, or could not be.

    `ok`: True, it is as it should be; False, it is not; None, it was not reached or there is
    nothing to judge. `asked` and `answered` hold no secret. `ms` is how long it took.
    """

    name: str
    """``dns``, ``tcp``, ``greeting``, ``ehlo``, ``starttls``, ``tls``, ``certificate``,
    ``auth``, ``mail``, ``rcpt``, ``data``, ``body``; ``credentials``, ``clock``; ``look``,
    what was tried past a failure; ``spf``, ``dkim``, ``dmarc``, ``mta-sts``, ``mx``;
    ``account``, ``identity``, ``suppression``, ``key`` of Amazon SES."""
    address: str | None
    ok: bool | None
    ms: float
    asked: str
    answered: str
