"""``tocsin message verify``: what a received message proves. Needs no manager and no home."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.base.home import Home
from tocsin.cli.given import STDIN, read_text, seconds
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import has_store, use_store
from tocsin.cli.trouble import Missing, WrongUse

if TYPE_CHECKING:
    from tocsin.engine.ours import Ours
    from tocsin.engine.recordlookup import Lookup
    from tocsin.engine.verdict import Statement
    from tocsin.engine.verify import Verified
    from tocsin.mail.received.results import Result

_REHEARSAL_KEYS = "dns.json"
"""What the rehearsal relay calls the file of its keys, in the folder of its mails."""


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    verify = actions.add_parser(
        "verify", help="what a received message proves: route, SES, DKIM, ARC, whose delivery it is"
    )
    verify.add_argument("file", metavar="FILE", help="the message (.eml); - is standard input")
    keys = verify.add_mutually_exclusive_group()
    keys.add_argument(
        "--keys",
        metavar="FILE",
        help="records of keys in place of DNS: JSON of names and texts, or a line for each "
        "(the rehearsal relay writes dns.json; beside its mails it is found by itself)",
    )
    keys.add_argument(
        "--nameserver",
        metavar="ADDRESS[:PORT]",
        action="append",
        help="in place of this machine's name servers (repeatable)",
    )
    keys.add_argument("--no-dns", action="store_true", help="ask no name server")
    verify.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=5.0, help="for DNS (5)"
    )
    common(verify)
    verify.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    content = _content(arguments.file)
    from tocsin.engine.verdict import state  # noqa: PLC0415 -- start-up time
    from tocsin.engine.verifiedjson import verified_json  # noqa: PLC0415
    from tocsin.engine.verify import verify  # noqa: PLC0415
    from tocsin.mail.received.message import NotMessage  # noqa: PLC0415

    try:
        found = verify(content, _lookup(arguments, content))
    except NotMessage as error:
        raise WrongUse(f"{_shown(arguments.file)}: {error}") from None
    ours, belongs = _ours(home, found, output)
    verdict = (*belongs, *state(found))
    output.answer(verified_json(found, verdict, ours), _lines(found, verdict))
    return 1 if found.ok is False else 0


def _shown(name: str) -> str:
    return "standard input" if name == STDIN else name


def _content(name: str) -> bytes:
    from tocsin.mail.received.message import LARGEST  # noqa: PLC0415

    if name != STDIN:
        with Path(name).open("rb") as stream:
            return stream.read(LARGEST + 1)
    if sys.stdin is None:
        raise WrongUse("standard input is closed")
    return sys.stdin.buffer.read(LARGEST + 1)


def _lookup(arguments: argparse.Namespace, content: bytes) -> Lookup:
    from tocsin.doctor.zone import split_server  # noqa: PLC0415
    from tocsin.engine.recordlookup import FromDns, FromRecords, Unasked  # noqa: PLC0415
    from tocsin.mail.received.record import read_records  # noqa: PLC0415

    path = arguments.keys or _beside(arguments, content)
    if path is not None:
        try:
            return FromRecords(read_records(read_text(str(path))), str(path))
        except ValueError as error:
            raise WrongUse(f"{path} holds no records: {error}") from None
    if arguments.no_dns:
        return Unasked()
    servers = tuple(arguments.nameserver or ())
    for one in servers:
        try:
            split_server(one)
        except ValueError as error:
            raise WrongUse(f"--nameserver: {error}") from None
    return FromDns(servers, arguments.timeout)


def _beside(arguments: argparse.Namespace, content: bytes) -> Path | None:
    """The keys of a rehearsal, where a mail of one lies in its folder."""
    chosen = arguments.file == STDIN or arguments.nameserver or arguments.no_dns
    if chosen or b"\nX-Rehearsal:" not in b"\n" + content[:65_536]:
        return None
    path = Path(arguments.file).resolve().parent / _REHEARSAL_KEYS
    return path if path.is_file() else None


def _ours(home: Home, found: Verified, output: Output) -> tuple[Ours | None, tuple[Statement, ...]]:
    """Whether it is a delivery of the home's manager, if there is one that answers."""
    if not has_store(home):
        return None, ()
    from tocsin.engine.start import StoreUnreachable  # noqa: PLC0415

    try:
        use_store(home)
    except (StoreUnreachable, Missing) as error:
        output.note(f"whether it is one of ours is not known: {error}")
        return None, ()
    from tocsin.engine.access import LOCAL  # noqa: PLC0415
    from tocsin.engine.ours import belonging, find_ours  # noqa: PLC0415

    ours = find_ours(LOCAL, found.message)
    return ours, (belonging(ours),)


def _lines(found: Verified, verdict: tuple[Statement, ...]) -> Iterator[str]:
    message = found.message
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        value = message.text(name.lower())
        if value:
            yield printable(f"{name + ':':12}{value}")
    yield ""
    yield from (printable(f"- {one}") for one in verdict)
    yield from _route(found)
    yield from _signatures(found)
    yield from _statements(found)
    yield f"\nKeys from: {printable(found.source)}"


def _route(found: Verified) -> Iterator[str]:
    steps = found.route.steps
    if not steps:
        yield "\nRoute: it has no Received field."
        return
    yield "\nRoute, as each server tells it:"
    rows = [
        (
            str(one.number),
            one.hop.host or one.hop.helo or "-",
            one.hop.address or "-",
            one.hop.by or "-",
            one.hop.protocol or "-",
            one.hop.tls_version or ("yes" if one.hop.encrypted else "-"),
            _delay(one.delay_s),
        )
        for one in steps
    ]
    yield from table(("", "from", "address", "by", "with", "TLS", "after"), rows)


def _delay(delay_s: float | None) -> str:
    if delay_s is None:
        return "-"
    return f"{delay_s:g} s" + (" (clocks differ)" if delay_s < 0 else "")


def _signatures(found: Verified) -> Iterator[str]:
    if found.dkim:
        yield "\nDKIM, verified anew:"
        rows = [
            (
                one.outcome.value,
                one.signature.domain,
                one.signature.selector,
                one.signature.algorithm,
                f"{one.key_bits} bits" if one.key_bits else "-",
                one.reason,
            )
            for one in found.dkim
        ]
        yield from table(("result", "domain", "selector", "algorithm", "key", ""), rows)
    if found.chain.sets:
        yield f"\nARC chain: {found.chain.result.value} {printable(found.chain.reason)}".rstrip()
        sets = [
            (
                str(one.instance),
                one.seal.domain if one.seal else "-",
                f"cv={one.seal.seal}" if one.seal else "-",
                _results(one.results.results) if one.results else "-",
            )
            for one in found.chain.sets
        ]
        yield from table(("set", "sealed by", "chain before", "what it found out"), sets)


def _statements(found: Verified) -> Iterator[str]:
    if not found.statements:
        return
    yield "\nAuthentication-Results, topmost first; anybody could have written what is not own:"
    rows = [
        ("own" if one.own else "-", one.results.server or "-", _results(one.results.results))
        for one in found.statements
    ]
    yield from table(("", "server", "results"), rows)


def _results(results: tuple[Result, ...]) -> str:
    return ", ".join(f"{one.method}={one.result}" for one in results) or "none"
