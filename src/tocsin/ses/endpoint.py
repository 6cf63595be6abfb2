"""The SMTP endpoints of Amazon SES, region by region.

Sources: the AWS General Reference and the SES developer guide, as far as public copies show
them, and botocore's list of regions that have the SES API. Both change; what no source
says for certain is marked so, and then DNS is what decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Offer(StrEnum):
    """How sure it is that a region has something."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    """The region has the SES API; no source says whether it has SMTP."""
    ABSENT = "absent"
    """The region has the SES API, and a source says that it has no SMTP."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port of every endpoint; `encryption` is the word of the configuration."""

    number: int
    encryption: str
    remark: str = ""


PORTS: Final = (
    Port(587, "starttls"),
    Port(2587, "starttls", "where hosters block 587"),
    Port(25, "starttls", "throttled from EC2, blocked by many hosters"),
    Port(465, "smtps"),
    Port(2465, "smtps", "where hosters block 465"),
)
"""In the order in which to try them."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Amazon SES in one region.

    `smtp` says whether there is an SMTP endpoint, `fips` whether there is one whose
    cryptography is validated by FIPS 140.
    """

    region: str
    place: str
    smtp: Offer
    fips: Offer

    @property
    def host(self) -> str:
        """The endpoint's name, whether or not it exists."""
        return f"email-smtp.{self.region}.{self._suffix}"

    @property
    def fips_host(self) -> str:
        """The name of the FIPS endpoint, whether or not it exists."""
        return f"email-smtp-fips.{self.region}.{self._suffix}"

    @property
    def government(self) -> bool:
        """Whether it is a region of GovCloud, which has accounts of its own."""
        return self.region.startswith("us-gov-")

    @property
    def _suffix(self) -> str:
        return "amazonaws.eu" if self.region.startswith("eusc-") else "amazonaws.com"


_YES, _MAYBE, _NO = Offer.CONFIRMED, Offer.UNCONFIRMED, Offer.ABSENT

ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    region: Endpoint(region, place, smtp, fips)
    for region, place, smtp, fips in (
        ("us-east-1", "N. Virginia", _YES, _YES),
        ("us-east-2", "Ohio", _YES, _MAYBE),
        ("us-west-1", "N. California", _YES, _MAYBE),
        ("us-west-2", "Oregon", _YES, _YES),
        ("ca-central-1", "Montreal", _YES, _MAYBE),
        ("sa-east-1", "São Paulo", _YES, _NO),
        ("eu-central-1", "Frankfurt", _YES, _NO),
        ("eu-west-1", "Ireland", _YES, _NO),
        ("eu-west-2", "London", _YES, _NO),
        ("eu-west-3", "Paris", _YES, _NO),
        ("eu-north-1", "Stockholm", _YES, _NO),
        ("ap-south-1", "Mumbai", _YES, _NO),
        ("ap-southeast-1", "Singapore", _YES, _NO),
        ("ap-southeast-2", "Sydney", _YES, _NO),
        ("ap-northeast-1", "Tokyo", _YES, _NO),
        ("ap-northeast-2", "Seoul", _YES, _NO),
        ("ap-northeast-3", "Osaka", _YES, _NO),
        ("us-gov-west-1", "GovCloud, US-West", _YES, _YES),
        ("us-gov-east-1", "GovCloud, US-East", _YES, _MAYBE),
        ("ap-east-2", "Taipei", _MAYBE, _NO),
        ("ap-south-2", "Hyderabad", _MAYBE, _NO),
        ("ap-southeast-4", "Melbourne", _MAYBE, _NO),
        ("ap-southeast-5", "Malaysia", _MAYBE, _NO),
        ("ap-southeast-6", "New Zealand", _MAYBE, _NO),
        ("ap-southeast-7", "Thailand", _MAYBE, _NO),
        ("ca-west-1", "Calgary", _MAYBE, _NO),
        ("eu-central-2", "Zurich", _MAYBE, _NO),
        ("eu-south-2", "Spain", _MAYBE, _NO),
        ("eusc-de-east-1", "European Sovereign Cloud, Germany", _MAYBE, _NO),
        ("me-central-1", "United Arab Emirates", _MAYBE, _NO),
        ("mx-central-1", "Mexico", _MAYBE, _NO),
        ("af-south-1", "Cape Town", _NO, _NO),
        ("ap-southeast-3", "Jakarta", _NO, _NO),
        ("eu-south-1", "Milan", _NO, _NO),
        ("il-central-1", "Tel Aviv", _NO, _NO),
        ("me-south-1", "Bahrain", _NO, _NO),
    )
}
"""Region → endpoint: those with SMTP first, those without last."""


def has_no_smtp(region: str) -> bool:
    """Whether it is known that the region has the SES API and no SMTP endpoint."""
    endpoint = ENDPOINTS.get(region)
    return endpoint is not None and endpoint.smtp is Offer.ABSENT
