"""The numbers of a running manager, as ``/metrics`` tells them. Loads no Django."""

from __future__ import annotations

import re
import urllib.request
from dataclasses import dataclass
from ipaddress import ip_address

from tocsin.base.home import Home
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import read_certificates
from tocsin.trust.context import client_context

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How far the manager has come with what it was given."""

    alarms: int
    """Reports accepted."""
    queued: int
    """Deliveries ever queued anew."""
    delivered: int
    undecided: int
    open: int
    """Deliveries that something will still come of."""

    @property
    def settled(self) -> bool:
        """Whether nothing is under way."""
        return self.undecided == 0 and self.open == 0


def read_numbers(home: Home, bind: str, *, plain: bool) -> Numbers:
    """Ask the manager that listens at `bind` with the home's own certificate.

    Raises:
        OSError: it does not answer.
    """
    scheme = "http" if plain else "https"
    host, _, port = bind.rpartition(":")
    if ip_address(host.strip("[]")).is_unspecified:
        host = "127.0.0.1"
    context = None
    if not plain:
        (certificate,) = read_certificates(home.certificate.read_bytes())
        context = client_context((Anchor("own", certificate),))
    url = f"{scheme}://{host}:{port}/metrics"
    with urllib.request.urlopen(url, timeout=10, context=context) as answer:  # noqa: S310
        text = answer.read().decode()
    return _numbers(text)


def _numbers(text: str) -> Numbers:
    samples = [(name, labels or "", float(value)) for name, labels, value in _SAMPLE.findall(text)]

    def total(name: str, *having: str) -> int:
        return int(
            sum(
                value
                for found, labels, value in samples
                if found == name and all(part in labels for part in having)
            )
        )

    return Numbers(
        alarms=total("tocsin_alarms_total"),
        queued=total("tocsin_deliveries_total", 'state="queued"'),
        delivered=total("tocsin_deliveries_total", 'state="delivered"'),
        undecided=total("tocsin_transitions_undecided"),
        open=sum(
            total("tocsin_deliveries_now", f'state="{state}"')
            for state in ("queued", "sending", "retrying", "held")
        ),
    )
