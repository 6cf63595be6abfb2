"""How long to wait before the next try."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential waiting with jitter and a ceiling. All values in seconds."""

    first: float
    ceiling: float
    factor: float = 2.0
    jitter: float = 0.2

    def delay(self, failures: int) -> float:
        """Seconds to wait after that many failures in a row (the first failure is 1).

        The jitter spreads the value by plus or minus its share, so that many
        waiters do not come back at the same moment.
        """
        # A large exponent would overflow long before it meant anything.
        grown = self.first * self.factor ** min(max(failures - 1, 0), 64)
        spread = 1 + self.jitter * (2 * random.random() - 1)  # noqa: S311 -- not for secrets
        return min(grown, self.ceiling) * spread
