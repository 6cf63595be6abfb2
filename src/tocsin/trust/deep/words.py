"""A deep probe in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tocsin.base.clock import rfc3339
from tocsin.faults.catalogue import explain
from tocsin.trust.deep.found import CLIENT, SERVER, DeepProbe, VersionFound
from tocsin.trust.name import printable
from tocsin.trust.wire import TemporaryKey

_MODES = {"starttls": "STARTTLS", "smtps": "TLS at once (SMTPS)"}
_ORDERS = {SERVER: "the server's order decides", CLIENT: "the client's order decides"}
_WAYS = {"id": "by session id", "ticket": "by ticket"}


def report(probe: DeepProbe) -> list[str]:
    """The lines: versions, their suites, temporary keys, and what else was found."""
    where = f"{probe.host} port {probe.port}, {_MODES[probe.mode]}"
    address = f", {probe.address}" if probe.address else ""
    many = f": {probe.connections} connections" if probe.connections else ""
    lines = [f"{printable(where)}{address}{many}"]
    if probe.other_addresses:
        lines.append(f"Not looked at: {', '.join(probe.other_addresses)}")
    lines += _section("Versions", (_version(one) for one in probe.versions))
    for version in probe.versions:
        lines += _section(_suites_title(version), _suites(version))
    lines += _section("Temporary keys", _keys(probe))
    lines += _section("Groups", _groups(probe))
    if probe.reached:
        lines += _section("Beside it", _extras(probe))
    lines += _section("Chains, by SHA-256", _chains(probe))
    lines += _section("What went wrong", _findings(probe))
    return lines


def key_words(key: TemporaryKey) -> str:
    """A temporary key as OpenSSL says it, e.g. ``ECDH, P-256, 256 bits``."""
    group = key.group if key.group != key.kind else ""
    return ", ".join(filter(None, (key.kind, group, f"{key.bits} bits")))


def _section(title: str, content: Iterable[str]) -> list[str]:
    lines = [f"  {line}" for line in content]
    return ["", title, *lines] if lines else []


def _version(one: VersionFound) -> str:
    if one.accepted:
        old = "; nobody should speak it any more" if one.withdrawn else ""
        part = "" if one.complete else ", not all was asked"
        return f"{one.name:<8} yes, {len(one.suites)} suites{part}{old}"
    return f"{one.name:<8} no" + (f" ({one.refusal})" if one.refusal else ", not known")


def _suites_title(one: VersionFound) -> str:
    order = _ORDERS.get(one.preference or "")
    return f"{one.name}, {order}" if order else one.name


def _suites(one: VersionFound) -> Iterator[str]:
    for suite in one.suites:
        key = key_words(suite.key) if suite.key else ""
        weakness = f"[{suite.weakness}]" if suite.weakness else ""
        yield f"{suite.suite.name:<32}  {key:<22}  {weakness}".rstrip()


def _keys(probe: DeepProbe) -> Iterator[str]:
    for one in probe.temporary_keys:
        refused = "; too small: our own connections refuse it" if one.is_small else ""
        yield f"{one.exchange:<6} {key_words(one.key)} ({', '.join(one.versions)}){refused}"


def _groups(probe: DeepProbe) -> Iterator[str]:
    for one in probe.versions:
        if one.groups:
            order = _ORDERS.get(one.group_preference or "")
            names = ", ".join(key.group for key in one.groups)
            yield f"{one.name:<8} {names}" + (f" ({order})" if order else "")


def _extras(probe: DeepProbe) -> Iterator[str]:
    extras = probe.extras
    for one in probe.resumption:
        yield f"{f'resumption {_WAYS[one.by]}, {one.version}':<38} {_yes(one.works)}"
    yield f"{'OCSP stapling':<38} {_stapling(probe)}"
    for title, value in (
        ("compression", extras.compression),
        ("secure renegotiation", extras.secure_renegotiation),
        ("extended master secret", extras.extended_master_secret),
        ("refuses a fall back to older versions", extras.fallback_refused),
    ):
        yield f"{title:<38} {_yes(value)}"


def _stapling(probe: DeepProbe) -> str:
    staple = probe.extras.staple
    if staple is None:
        return _yes(probe.extras.stapled)
    until = f", next by {rfc3339(staple.next_update)[:19]}Z" if staple.next_update else ""
    return f"yes: {staple.status}{until}"


def _yes(value: bool | None) -> str:  # noqa: FBT001 -- it is what is said
    return {True: "yes", False: "no", None: "not known"}[value]


def _chains(probe: DeepProbe) -> Iterator[str]:
    for chain, versions in probe.chains.items():
        yield ", ".join(versions)
        yield from (f"  {sha256}" for sha256 in chain)


def _findings(probe: DeepProbe) -> Iterator[str]:
    for finding in probe.findings:
        told = explain(finding)
        yield f"{told.title} ({told.code})"
        yield f"  {printable(told.cause)}"
        yield from (f"  - {printable(step)}" for step in told.fix)
