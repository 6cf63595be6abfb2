"""``tocsin trust``: the trust store."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli import watch
from tocsin.cli.given import read_text, seconds
from tocsin.cli.main import common
from tocsin.cli.output import Output, printable, table
from tocsin.cli.store import use_store
from tocsin.cli.trouble import WrongUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.engine.anchors import AnchorView, Offered
    from tocsin.engine.certs import TrustCheck
    from tocsin.engine.reliance import Carried


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the certificates that are trusted")
    common(listing)
    listing.set_defaults(run=_list)
    add = actions.add_parser(
        "add", help="trust the certificates of a file (PEM, DER, PKCS#7, PKCS#12)"
    )
    add.add_argument("file", metavar="FILE", nargs="+")
    add.add_argument("--name", metavar="NAME", help="friendly name (default: the subject's)")
    add.add_argument(
        "--sha256", metavar="FINGERPRINT", help="refuse unless this is the one certificate's"
    )
    add.add_argument(
        "--knowingly", action="store_true", help="also what is out of time or no authority"
    )
    add.add_argument("--password-file", metavar="FILE", help="opens PKCS#12; - is standard input")
    common(add)
    add.set_defaults(run=_add)
    remove = actions.add_parser("remove", help="trust a certificate no more")
    remove.add_argument("name", metavar="NAME")
    common(remove)
    remove.set_defaults(run=_remove)
    export = actions.add_parser("export", help="one certificate, or every one, as PEM")
    export.add_argument("name", metavar="NAME", nargs="?")
    common(export)
    export.set_defaults(run=_export)
    check = actions.add_parser("check", help="whether the configured relay verifies just now")
    check.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=30.0, help="for all of it (30)"
    )
    common(check)
    check.set_defaults(run=_check)
    past = actions.add_parser("watch", help="what the relays presented, over time")
    common(past)
    past.set_defaults(run=watch.run)
    system = actions.add_parser(
        "system-roots", help="whether the operating system's roots are trusted too"
    )
    system.add_argument("wanted", metavar="on|off", choices=["on", "off"], nargs="?")
    common(system)
    system.set_defaults(run=_system_roots)


def _json(one: AnchorView, carried: Sequence[Carried]) -> dict[str, Any]:
    certificate = one.certificate
    return {
        "name": one.name,
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": rfc3339(certificate.not_before),
        "not_after": rfc3339(certificate.not_after),
        "key": certificate.key,
        "ca": certificate.is_ca,
        "self_signed": certificate.self_signed,
        "added_at": rfc3339(one.added_at),
        "added_by": one.added_by,
        "origin": one.origin,
        "knowingly": one.knowingly,
        "carries": [
            {"relay": each.relay, "server": each.server, "since": rfc3339(each.since)}
            for each in carried
        ],
        "problems": list(one.problems),
        "warnings": list(one.warnings),
    }


def _list(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, anchors, reliance  # noqa: PLC0415

    found = anchors.anchors(access.LOCAL)
    carried = reliance.carried(access.LOCAL)
    lines = table(
        ["NAME", "VALID UNTIL", "SHA-256", "CARRIES", "SUBJECT"],
        [
            [
                one.name,
                rfc3339(one.certificate.not_after)[:10],
                one.certificate.sha256[:16] + "…",
                ", ".join(each.relay for each in carried.get(one.certificate.sha256, ())),
                one.certificate.subject,
            ]
            for one in found
        ],
    )
    lines += [f"{one.name}: {words}" for one in found for words in (*one.problems, *one.warnings)]
    output.answer(
        [_json(one, carried.get(one.certificate.sha256, ())) for one in found],
        lines,
    )
    return 0


def _add(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    contents = [(Path(name).name, Path(name).read_bytes()) for name in arguments.file]
    password = read_text(arguments.password_file) if arguments.password_file else ""
    use_store(home)
    from tocsin.engine import access, anchors  # noqa: PLC0415
    from tocsin.trust.anchor import warn_of  # noqa: PLC0415

    uploads = [
        anchors.Upload(
            arguments.name or "",
            content,
            origin=f"the file {printable(name)}",
            password=password.rstrip("\r\n"),
            knowingly=arguments.knowingly,
        )
        for name, content in contents
    ]
    found = anchors.read_uploads(uploads)
    _compare(arguments.sha256, found)
    changed = anchors.add_anchors(access.LOCAL, uploads)
    lines = []
    for one in found:
        lines.append(f"{one.name}: trusted, SHA-256 {one.certificate.sha256}")
        lines += [f"  Warning: {words}" for words in warn_of(one.certificate)]
    output.answer(
        {"version": changed.version, "added": [one.certificate.sha256 for one in found]}, lines
    )
    return 0


def _compare(wanted: str | None, found: Sequence[Offered]) -> None:
    """The fingerprint that somebody was told against that of the file."""
    if wanted is None:
        return
    plain = "".join(one for one in wanted if one not in ": \t").casefold()
    shown = [one.certificate.sha256 for one in found]
    if shown != [plain]:
        raise WrongUse(f"SHA-256 of what the files hold is {', '.join(shown)}: nothing was added")


def _remove(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, anchors, reliance  # noqa: PLC0415

    breaks = reliance.without(access.LOCAL, arguments.name).breaks
    changed = anchors.remove_anchor(access.LOCAL, arguments.name)
    output.answer(
        {"version": changed.version, "removed": arguments.name, "breaks": list(breaks)},
        [
            f"{arguments.name} removed",
            *(f"Warning: the SMTP relay {relay} no longer verifies." for relay in breaks),
        ],
    )
    return 0


def _export(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, anchors  # noqa: PLC0415

    name = arguments.name
    found = anchors.anchors(access.LOCAL) if name is None else [anchors.anchor(access.LOCAL, name)]
    output.answer(
        [{"name": one.name, "pem": one.certificate.pem} for one in found],
        [f"# {one.name}\n{one.certificate.pem.rstrip()}" for one in found],
    )
    return 0


def _check(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, certs  # noqa: PLC0415
    from tocsin.trust.report import text_report  # noqa: PLC0415

    found = certs.check_trust(access.LOCAL, timeout=arguments.timeout)
    anchors = [
        {
            "name": one.name,
            "sha256": one.sha256,
            "carries": one.carries,
            "presented": one.presented,
            "system": one.system,
            "problems": list(one.problems),
            "warnings": list(one.warnings),
        }
        for one in found.anchors
    ]
    output.answer(
        {"ok": found.ok, "relay": found.relay, "anchors": anchors, **found.collection.to_json()},
        [*text_report(found.collection).splitlines(), "", "Trust store", *_anchor_lines(found)],
    )
    return 0 if found.ok else 1


def _system_roots(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, anchors, configuration  # noqa: PLC0415

    if arguments.wanted is not None:
        anchors.trust_system_roots(access.LOCAL, wanted=arguments.wanted == "on")
    trusted = configuration.current().configuration.trust_system_roots
    word = "are trusted beside the trust store" if trusted else "are not trusted"
    output.answer({"trusted": trusted}, f"The roots of the operating system {word}")
    return 0


def _anchor_lines(found: TrustCheck) -> list[str]:
    lines = []
    for one in found.anchors:
        word = "carries this relay" if one.carries else "is not needed by this relay"
        system = " (root of the operating system)" if one.system else ""
        lines.append(f"  {one.name}{system}: {word}")
        lines += [f"    {problem}" for problem in (*one.problems, *one.warnings)]
    return lines or ["  It is empty: nothing is trusted."]
