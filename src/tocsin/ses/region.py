"""The AWS region that an SES SMTP endpoint's name tells."""

from __future__ import annotations

import re

NAME = r"[a-z]{2,4}(?:-[a-z]{2,9}){1,2}-[0-9]{1,2}"
"""The form of a region's name, as part of a regular expression."""

_ENDPOINT = re.compile(
    rf"(?:"
    rf"email-smtp(?:-fips)?\.(?P<public>{NAME})\.amazonaws\.(?P<suffix>com|eu)"
    # A VPC endpoint's names: its own, and one for each availability zone.
    rf"|(?:vpce-[a-z0-9-]{{1,60}}|\*)\.email-smtp(?:-fips)?\.(?P<private>{NAME})"
    rf"\.vpce\.amazonaws\.(?P<private_suffix>com|eu)"
    rf")"
)
_SOVEREIGN = "eusc-"
"""Regions of the European Sovereign Cloud have names under ``amazonaws.eu``."""


def region_of_host(host: str) -> str | None:
    """The region of an SES SMTP endpoint, by its name; None for any other host.

    The name alone is judged: whether the region has an SMTP endpoint is another question.
    The endpoint's usual name, its FIPS name and names of VPC endpoints have a region;
    addresses and names of one's own have none.
    """
    found = _ENDPOINT.fullmatch(plain_name(host))
    if found is None:
        return None
    region = found["public"] or found["private"]
    suffix = found["suffix"] or found["private_suffix"]
    return region if (suffix == "eu") == region.startswith(_SOVEREIGN) else None


def plain_name(host: str) -> str:
    """The name as it is compared: in small letters, without blanks and the root's dot."""
    return host.strip().rstrip(".").lower()
