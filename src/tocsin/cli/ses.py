"""``tocsin ses``: what can be known of Amazon SES without asking it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tocsin.base.home import Home
from tocsin.base.secret import Secret
from tocsin.cli import sesfeedback, sessetup, sesstatus
from tocsin.cli.main import common
from tocsin.cli.output import Output, table
from tocsin.cli.trouble import WrongUse

if TYPE_CHECKING:
    from tocsin.ses.endpoint import Offer


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    password = actions.add_parser(
        "password", help="the SMTP password for an IAM secret access key on standard input"
    )
    password.add_argument("--region", required=True, metavar="R", help="such as eu-west-1")
    common(password)
    password.set_defaults(run=_password)
    endpoints = actions.add_parser(
        "endpoints", help="the regions of Amazon SES with their SMTP endpoints and ports"
    )
    common(endpoints)
    endpoints.set_defaults(run=_endpoints)
    sesfeedback.add_actions(actions)
    sesstatus.add_actions(actions)
    sessetup.add_actions(actions)


def _password(arguments: argparse.Namespace, _home: Home, output: Output) -> int:
    from tocsin.ses.password import derive  # noqa: PLC0415

    key = _secret_key()
    if not key:
        raise WrongUse("standard input is empty; the IAM secret access key is read from there")
    try:
        password = derive(key, arguments.region)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    output.answer({"region": arguments.region, "password": password.reveal()}, password.reveal())
    return 0


def _endpoints(_arguments: argparse.Namespace, _home: Home, output: Output) -> int:
    from tocsin.ses.endpoint import ENDPOINTS, PORTS, Offer  # noqa: PLC0415

    regions = [
        {
            "region": one.region,
            "place": one.place,
            "smtp": one.smtp.value,
            "host": None if one.smtp is Offer.ABSENT else one.host,
            "fips": one.fips.value,
            "fips_host": None if one.fips is Offer.ABSENT else one.fips_host,
            "govcloud": one.government,
        }
        for one in ENDPOINTS.values()
    ]
    ports = [
        {"port": one.number, "encryption": one.encryption, "remark": one.remark} for one in PORTS
    ]
    rows = [
        (one.region, one.place, _host(one.smtp, one.host), _host(one.fips, one.fips_host))
        for one in ENDPOINTS.values()
    ]
    words = [
        *table(("region", "place", "SMTP server", "FIPS"), rows),
        "",
        *table(
            ("port", "encryption", ""),
            [(str(one.number), one.encryption, one.remark) for one in PORTS],
        ),
        "",
        "?: no source says whether there is one; DNS does. -: there is none.",
    ]
    output.answer({"regions": regions, "ports": ports}, words)
    return 0


def _host(offer: Offer, host: str) -> str:
    """The name as the table shows it, with a mark where it may not exist."""
    return {"confirmed": host, "unconfirmed": f"{host} ?", "absent": "-"}[offer.value]


def _secret_key() -> Secret:
    """One line of standard input; at a terminal it is asked for and not shown."""
    if sys.stdin is None:
        return Secret("")
    if sys.stdin.isatty():
        from getpass import getpass  # noqa: PLC0415

        return Secret(getpass("IAM secret access key: ").strip())
    return Secret(sys.stdin.buffer.readline().decode(errors="replace").strip())
