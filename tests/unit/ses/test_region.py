"""The region that an endpoint's name tells."""

from __future__ import annotations

import pytest

from tocsin.ses.endpoint import ENDPOINTS
from tocsin.ses.region import region_of_host


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=lambda one: one.region)
def test_each_endpoint_s_names_tell_its_region(endpoint):
    """The usual name and the FIPS name of every region, in any case, with or without the dot."""
    for name in (endpoint.host, endpoint.fips_host):
        assert region_of_host(name) == endpoint.region
        assert region_of_host(f" {name.upper()}.") == endpoint.region


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("vpce-0a1b2c3d-4e5f6g7h.email-smtp.us-west-2.vpce.amazonaws.com", "us-west-2"),
        ("vpce-0a1b2c3d-4e5f6g7h-us-west-2a.email-smtp.us-west-2.vpce.amazonaws.com", "us-west-2"),
        ("*.email-smtp.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
        ("email-smtp.eu-future-9.amazonaws.com", "eu-future-9"),
    ],
)
def test_endpoints_of_private_networks_and_of_later_regions(host, region):
    """Names of VPC endpoints; regions that came after this list."""
    assert region_of_host(host) == region


@pytest.mark.parametrize(
    "host",
    [
        "",
        "192.0.2.1",
        "2001:db8::1",
        "mail.example.com",
        "email-smtp.example.com",
        "email-smtp.us-east-1.amazonaws.com.example.com",
        "email-smtp.amazonaws.com",
        "email.us-east-1.amazonaws.com",
        "email-smtp.cn-north-1.amazonaws.com.cn",
        "email-smtp.us-east-1.amazonaws.eu",
        "email-smtp.eusc-de-east-1.amazonaws.com",
        "email-smtp.us-east-1.vpce.amazonaws.com",
        "x.email-smtp.us-east-1.amazonaws.com",
        "email-smtp.us-east-1\n.amazonaws.com",
    ],
)
def test_other_hosts_have_none(host):
    """Own names, addresses, other services, look-alikes."""
    assert region_of_host(host) is None
