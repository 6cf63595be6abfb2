"""The list of endpoints, held against botocore's list of regions."""

from __future__ import annotations

import botocore.session

from tocsin.ses.endpoint import ENDPOINTS, PORTS, Offer, has_no_smtp


def api_regions() -> set[str]:
    """Every region that has the SES API, as botocore knows it."""
    session = botocore.session.Session()
    return {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ses", partition)
    }


def test_every_region_with_the_api_is_in_the_list_and_no_other():
    """A region that botocore learns of must be looked into."""
    assert set(ENDPOINTS) == api_regions()


def test_names_are_those_of_the_partition():
    """The European Sovereign Cloud has a suffix of its own; GovCloud is told."""
    assert ENDPOINTS["eu-west-1"].host == "email-smtp.eu-west-1.amazonaws.com"
    assert ENDPOINTS["us-west-2"].fips_host == "email-smtp-fips.us-west-2.amazonaws.com"
    assert ENDPOINTS["eusc-de-east-1"].host == "email-smtp.eusc-de-east-1.amazonaws.eu"
    assert [one.region for one in ENDPOINTS.values() if one.government] == [
        "us-gov-west-1",
        "us-gov-east-1",
    ]


def test_what_is_certain_and_what_is_not():
    """Only five regions are known to have no SMTP; unknown regions are not judged."""
    absent = {one.region for one in ENDPOINTS.values() if one.smtp is Offer.ABSENT}
    assert absent == {"af-south-1", "ap-southeast-3", "eu-south-1", "il-central-1", "me-south-1"}
    assert {region for region in ENDPOINTS if has_no_smtp(region)} == absent
    assert not has_no_smtp("eu-future-9")
    fips = {one.region for one in ENDPOINTS.values() if one.fips is Offer.CONFIRMED}
    assert fips == {"us-east-1", "us-west-2", "us-gov-west-1"}


def test_ports_have_their_mode():
    """TLS begins at once on two of five."""
    assert {one.number for one in PORTS if one.encryption == "smtps"} == {465, 2465}
    assert {one.number for one in PORTS if one.encryption == "starttls"} == {25, 587, 2587}
