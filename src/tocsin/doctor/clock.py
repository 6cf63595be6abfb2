"""Whether this machine's clock is wrong, by what the relay showed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parsedate_to_datetime

from tocsin.base.clock import SECOND, Instant
from tocsin.doctor.sight import Sight
from tocsin.faults.fault import Finding, Seriousness
from tocsin.trust.certificate import Certificate

TOLERATED: Instant = 300 * SECOND
"""What clocks may differ by; Kerberos and AWS refuse beyond as much."""

_DATE = re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:[+-]\d{4}|GMT|UTC)")
"""A date as RFC 5322 section 3.3 writes it, which many servers put into their greeting."""


def by_greeting(greeting: str, greeted_at: Instant) -> tuple[float | None, Sight | None]:
    """Seconds that the relay's clock is ahead by its greeting, and the finding if that is much.

    None where the greeting holds no date.
    """
    found = _DATE.search(greeting)
    if found is None:
        return None, None
    try:
        said = parsedate_to_datetime(found[0]).timestamp()
    except (ValueError, OverflowError):
        return None, None
    ahead = said - greeted_at / SECOND
    if abs(ahead) <= TOLERATED / SECOND:
        return ahead, None
    finding = Finding("clock.skew", {"seconds": f"{abs(ahead):.0f}"})
    evidence = {"greeting": greeting, "ahead_s": round(ahead)}
    return ahead, Sight(finding, "clock", evidence=evidence, at_most=Seriousness.WARNING)


def by_certificates(chain: Sequence[Certificate], at: Instant) -> Sight | None:
    """A clock so wrong that a whole chain is out of its time, in the same direction.

    One certificate alone may have been issued late, or forgotten; authorities and servers
    together hardly ever are.
    """
    if len(chain) < 2:  # noqa: PLR2004 -- more than the server's own
        return None
    if all(one.not_before > at for one in chain):
        seconds = min(one.not_before for one in chain) - at
        words = "every certificate of the chain begins only later"
    elif all(one.not_after < at for one in chain):
        seconds = at - max(one.not_after for one in chain)
        words = "every certificate of the chain has ended"
    else:
        return None
    facts = {"seconds": f"at least {seconds / SECOND:.0f}"}
    return Sight(Finding("clock.skew", facts), "clock", evidence={"seen": words})
