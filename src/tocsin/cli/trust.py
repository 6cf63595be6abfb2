"""``tocsin trust``: the trust store."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tocsin.base.clock import rfc3339
from tocsin.base.home import Home
from tocsin.cli.given import seconds
from tocsin.cli.main import common
from tocsin.cli.output import Output, table
from tocsin.cli.store import use_store

if TYPE_CHECKING:
    from tocsin.engine.anchors import AnchorView
    from tocsin.engine.certs import TrustCheck


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="the certificates that are trusted")
    common(listing)
    listing.set_defaults(run=_list)
    add = actions.add_parser("add", help="trust the certificates of a file (PEM, DER, PKCS#7)")
    add.add_argument("file", metavar="FILE", nargs="+")
    add.add_argument("--name", metavar="NAME", help="friendly name (default: the subject's)")
    common(add)
    add.set_defaults(run=_add)
    remove = actions.add_parser("remove", help="trust a certificate no more")
    remove.add_argument("name", metavar="NAME")
    common(remove)
    remove.set_defaults(run=_remove)
    export = actions.add_parser("export", help="every certificate as PEM on standard output")
    common(export)
    export.set_defaults(run=_export)
    check = actions.add_parser("check", help="whether the configured relay verifies just now")
    check.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, default=30.0, help="for all of it (30)"
    )
    common(check)
    check.set_defaults(run=_check)


def _json(one: AnchorView) -> dict[str, Any]:
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
        "problems": list(one.problems),
    }


def _list(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, anchors  # noqa: PLC0415

    found = anchors.anchors(access.LOCAL)
    output.answer(
        [_json(one) for one in found],
        table(
            ["NAME", "VALID UNTIL", "SHA-256", "SUBJECT"],
            [
                [
                    one.name,
                    rfc3339(one.certificate.not_after)[:10],
                    one.certificate.sha256[:16] + "…",
                    one.certificate.subject,
                ]
                for one in found
            ],
        ),
    )
    return 0


def _add(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    contents = [Path(name).read_bytes() for name in arguments.file]
    use_store(home)
    from tocsin.engine import access, anchors  # noqa: PLC0415

    uploads = [anchors.Upload(arguments.name or "", content) for content in contents]
    named = anchors.read_uploads(uploads)
    changed = anchors.add_anchors(access.LOCAL, uploads)
    output.answer(
        {"version": changed.version, "added": [c.sha256 for _, c in named]},
        [f"{name}: trusted, SHA-256 {certificate.sha256}" for name, certificate in named],
    )
    return 0


def _remove(arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, anchors  # noqa: PLC0415

    changed = anchors.remove_anchor(access.LOCAL, arguments.name)
    output.answer(
        {"version": changed.version, "removed": arguments.name}, f"{arguments.name} removed"
    )
    return 0


def _export(_arguments: argparse.Namespace, home: Home, output: Output) -> int:
    use_store(home)
    from tocsin.engine import access, anchors  # noqa: PLC0415

    found = anchors.anchors(access.LOCAL)
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
            "problems": list(one.problems),
        }
        for one in found.anchors
    ]
    output.answer(
        {"ok": found.ok, "relay": found.relay, "anchors": anchors, **found.collection.to_json()},
        [*text_report(found.collection).splitlines(), "", "Trust store", *_anchor_lines(found)],
    )
    return 0 if found.ok else 1


def _anchor_lines(found: TrustCheck) -> list[str]:
    lines = []
    for one in found.anchors:
        word = "carries this relay" if one.carries else "is not needed by this relay"
        lines.append(f"  {one.name}: {word}")
        lines += [f"    {problem}" for problem in one.problems]
    return lines or ["  It is empty: nothing is trusted."]
