"""Region, server and port of the SMTP endpoint, out of what was entered."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from tocsin.central.problem import Invalid, Problem, problems_of, unknown_name
from tocsin.central.ses import Ses
from tocsin.engine.errors import Refused
from tocsin.engine.setup.entered import Entered, SmtpUser
from tocsin.engine.target import MODES
from tocsin.faults.fault import Finding
from tocsin.ses.endpoint import ENDPOINTS, PORTS, Endpoint, Offer, has_no_smtp
from tocsin.ses.host import judge_host
from tocsin.ses.region import region_of_host
from tocsin.trust.collect import mode_of

_HIGHEST_PORT = 65_535
_USUAL = {"starttls": 587, "smtps": 465}
_WITH_SMTP = tuple(one for one in ENDPOINTS if not has_no_smtp(one))
_BY_NUMBER = {one.number: one.encryption for one in PORTS}


@dataclass(frozen=True, slots=True)
class Where:
    """The endpoint that mail goes to. `encryption` is ``starttls`` or ``smtps``."""

    region: str
    host: str
    port: int
    encryption: str


def where(entered: Entered) -> Where:
    """The endpoint of the region, or the server that was named in its place.

    Raises:
        Invalid: names the field that cannot be.
        Refused: the region has no SMTP endpoint, or the server is another service of Amazon's.
    """
    region = entered.region.strip().lower()
    endpoint = ENDPOINTS.get(region)
    if endpoint is None:
        raise Invalid([unknown_name("region", region, _WITH_SMTP)])
    if has_no_smtp(region):
        raise Refused(Finding("ses.region-without-smtp", {"region": region}))
    _check_address_of_api(region, entered.endpoint_url)
    if entered.encryption is not None and entered.encryption not in MODES:
        raise _invalid("encryption", f"{entered.encryption!r} is not accepted", " or ".join(MODES))
    if not entered.server:
        return _of_region(endpoint, entered)
    return _of_server(endpoint, entered, *_split(entered.server))


def _of_region(endpoint: Endpoint, entered: Entered) -> Where:
    if entered.fips and endpoint.fips is Offer.ABSENT:
        able = ", ".join(one.region for one in ENDPOINTS.values() if one.fips is not Offer.ABSENT)
        raise _invalid("fips", f"{endpoint.region} has no FIPS endpoint", able)
    port, encryption = _port(entered.port, entered.encryption)
    accepted = ", ".join(f"{one.number} ({one.encryption})" for one in PORTS)
    if port not in _BY_NUMBER:
        raise _invalid("port", f"{port} is no port of Amazon SES", accepted)
    if _BY_NUMBER[port] != encryption:
        raise _invalid("encryption", f"port {port} does not speak {encryption}", accepted)
    host = endpoint.fips_host if entered.fips else endpoint.host
    return Where(endpoint.region, host, port, encryption)


def _of_server(endpoint: Endpoint, entered: Entered, host: str, port: int | None) -> Where:
    if entered.fips:
        raise _invalid("fips", "is given beside a server", f"server {endpoint.fips_host} alone")
    if port is not None and entered.port not in {None, port}:
        raise _invalid("port", f"{entered.port} is not the port of server, {port}", "one of them")
    user = entered.credentials.user if isinstance(entered.credentials, SmtpUser) else ""
    finding = judge_host(host, user)
    if finding is not None:
        raise Refused(finding)
    named = region_of_host(host)
    if named not in {None, endpoint.region}:
        problem = f"is an endpoint of {named}, and the region is {endpoint.region}"
        raise _invalid("server", problem, endpoint.host)
    found, encryption = _port(port or entered.port, entered.encryption)
    return Where(endpoint.region, host, found, encryption)


def _port(port: int | None, encryption: str | None) -> tuple[int, str]:
    """Port and encryption, each of which tells the other where it was not said."""
    if port is None:
        said = encryption or PORTS[0].encryption
        return _USUAL[said], said
    if not 0 < port <= _HIGHEST_PORT:
        raise _invalid("port", f"{port} is no port", f"1 to {_HIGHEST_PORT}")
    return port, encryption or mode_of(port)


def _split(text: str) -> tuple[str, int | None]:
    """HOST or HOST:PORT; an IPv6 address with a port stands in brackets."""
    if "/" in text:
        raise _invalid("server", f"{text[:80]!r} is no host", "HOST or HOST:PORT, and no URL")
    host, colon, port = text.strip().rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text.strip(), ""
    host = host.removeprefix("[").removesuffix("]")
    if not host or not host.isprintable() or any(one in host for one in " @"):
        raise _invalid("server", f"{text[:80]!r} is no host", "HOST or HOST:PORT")
    if not port:
        return host, None
    if not (port.isascii() and port.isdecimal()) or not 0 < int(port) <= _HIGHEST_PORT:
        raise _invalid("server", f"{port[:20]!r} is no port", "HOST or HOST:PORT")
    return host, int(port)


def _check_address_of_api(region: str, url: str | None) -> None:
    try:
        Ses(region=region, endpoint_url=url)
    except ValidationError as error:
        raise Invalid(problems_of(error, "", Ses)) from None


def _invalid(field: str, problem: str, accepted: str = "") -> Invalid:
    return Invalid([Problem(field, problem, accepted)])
