"""Correct configurations, each unlike the others: what a doctor must find nothing wrong with."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from cryptography.hazmat.primitives.asymmetric import ec

from diagnosis_relay import HONEST, Rehearsals
from diagnosis_server import Manner, other_relay
from diagnosis_walk import settings_for
from tocsin.mail.relay import Encryption, RelaySettings
from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.chain import (
    DAY,
    Chain,
    Issued,
    Key,
    issue_authority,
    issue_leaf,
    make_key,
    names_of,
)
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.presentation import Presentation
from tocsin.rehearsal.script import Pause, Say, Script
from tocsin.rehearsal.settings import RehearsalSettings
from tocsin.rehearsal.terms import Terms
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import parse_certificate
from tocsin.trust.context import server_context
from tocsin.trust.policy import CipherPolicy

Certificates = Sequence[Issued]
_TLS12, _TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Given(Presentation):
    """Certificates that are presented as they are."""

    certificates: tuple[Issued, ...] = ()

    def issue(self, chain: Chain) -> tuple[Issued, ...]:  # noqa: ARG002 -- issued already
        """These."""
        return self.certificates


class Variation(Fault):
    """Another relay, and nothing wrong with it."""

    def __init__(
        self,
        present: Callable[[Chain], Certificates] | None = None,
        terms: Terms | None = None,
        words: Mapping[Step, Callable[[bytes], Script]] | None = None,
    ) -> None:
        # Of the instance: a class with a name would be on the rehearsal's list of faults.
        self.name = "variation"  # type: ignore[misc]
        self._present, self._terms, self._words = present, terms, words or {}
        self.issued: Certificates = ()

    def present(self, chain: Chain, presented: Presentation) -> Presentation:
        """The certificates of this one."""
        if self._present is None:
            self.issued = chain.presented
            return presented
        self.issued = tuple(self._present(chain))
        return Given(presented.leaf, presented.issuer, presented.above, tuple(self.issued))

    def secure(self, terms: Terms) -> Terms:
        """The TLS of this one."""
        return self._terms or terms

    def play(self, step: Step | None, script: Script) -> Script:
        """The words of this one."""
        if step is not None and step in self._words and isinstance(script[0], Say):
            return [*self._words[step](script[0].octets), *script[1:]]
        return script


@dataclass(frozen=True)
class Configuration:
    """A relay and the settings for it; `anchor` picks from what it presents."""

    name: str
    present: Callable[[Chain], Certificates] | None = None
    terms: Terms | None = None
    words: Mapping[Step, Callable[[bytes], Script]] = field(default_factory=dict)
    relay: RehearsalSettings = HONEST
    anchor: Callable[[Certificates], Sequence[Issued]] | None = None
    client: Mapping[str, object] = field(default_factory=dict)
    wrapper: bool = False
    other: Manner | None = None
    """Not the rehearsal relay, but one that wants no sign-in."""
    clear: bool = False


@contextlib.asynccontextmanager
async def configured(one: Configuration, relays: Rehearsals) -> AsyncIterator[RelaySettings]:
    """The relay runs; gives the settings."""
    variation = Variation(one.present, one.terms, one.words)
    async with relays.running([variation], one.relay) as endpoint:
        changes = dict(one.client)
        if one.wrapper:
            changes |= {"port": endpoint.smtps_port, "encryption": Encryption.SMTPS}
        if one.anchor is not None:
            changes["anchors"] = tuple(map(_anchor, one.anchor(variation.issued)))
        settings = settings_for(endpoint, **changes)
        if one.other is None:
            yield settings
            return
        authority = relays.made / "authority"
        context = server_context(authority / "presented.pem", authority / "presented.key")
        async with other_relay(one.other, None if one.clear else context) as port:
            encryption = Encryption.NONE if one.clear else Encryption.STARTTLS
            yield replace(settings, port=port, encryption=encryption, user=None, password=None)


def _anchor(one: Issued) -> Anchor:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    certificate = parse_certificate(one.certificate.public_bytes(Encoding.DER))
    return Anchor(certificate.title, certificate)


def _leaf(key: Callable[[], Key], *more: str) -> Callable[[Chain], Certificates]:
    def present(chain: Chain) -> Certificates:
        names = (*more, *names_of(chain.leaf)) if more else names_of(chain.leaf)
        return (issue_leaf(names, chain.intermediate, key=key()), *chain.presented[1:])

    return present


def _all_elliptic(chain: Chain) -> Certificates:
    root = issue_authority("Example EC Root", None, life=9 * _YEAR, key=_p384())
    middle = issue_authority("Example EC CA 1", root, life=5 * _YEAR, key=_p256(), path_length=0)
    return (issue_leaf(names_of(chain.leaf), middle, key=_p256()), middle, root)


def _long(chain: Chain) -> Certificates:
    upper = issue_authority("Example Upper CA", chain.root, life=_YEAR)
    lower = issue_authority("Example Lower CA", upper, life=_YEAR, path_length=0)
    return (issue_leaf(names_of(chain.leaf), lower), lower, upper)


def _own(chain: Chain) -> Certificates:
    return (issue_leaf(names_of(chain.leaf), None),)


def _p256() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _p384() -> Key:
    return ec.generate_private_key(ec.SECP384R1())


def _stranger(chain: Chain) -> Certificates:
    return (*chain.presented[:2], issue_authority("Example Stranger", None, life=_YEAR))


def _brief(chain: Chain) -> Certificates:
    leaf = issue_leaf(names_of(chain.leaf), chain.intermediate, ends=40 * DAY)
    return (leaf, *chain.presented[1:])


def _say(octets: bytes) -> Script:
    return [Say(octets)]


def _exchange(_: bytes) -> Script:
    date = format_datetime(datetime.now(UTC))
    return _say(f"220 mail.example.com Microsoft ESMTP MAIL Service ready at {date}\r\n".encode())


def _offers(octets: bytes) -> Script:
    more = b"250-PIPELINING\r\n250-SIZE 10485760\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n"
    head, _, rest = octets.partition(b"\r\n")
    return _say(head + b"\r\n" + more + rest)


def _old_form(octets: bytes) -> Script:
    return _say(octets.replace(b"250-AUTH", b"250-AUTH=LOGIN PLAIN\r\n250-AUTH").lower())


def _in_pieces(octets: bytes) -> Script:
    middle = len(octets) // 2
    return [Say(octets[:middle]), Pause(0.05), Say(octets[middle:])]


def _mechanisms(*names: str) -> RehearsalSettings:
    return replace(HONEST, mechanisms=names)


CONFIGURATIONS = (
    Configuration("as Amazon SES has it, STARTTLS"),
    Configuration("as Amazon SES has it, TLS at once", wrapper=True),
    Configuration("by its IPv4 address", client={"host": "127.0.0.1"}),
    Configuration("by its IPv6 address", client={"host": "::1"}),
    # The leaf
    Configuration("leaf on P-256", _leaf(_p256)),
    Configuration("leaf on P-384, TLS at once", _leaf(_p384), wrapper=True),
    Configuration("leaf of 3072 bits", _leaf(lambda: make_key(3072))),
    Configuration("wildcard beside the name", _leaf(make_key, "*.mail.example.com")),
    Configuration(
        "forty names", _leaf(make_key, *(f"mail{number}.example.com" for number in range(40)))
    ),
    Configuration("forty days left", _brief),
    # The chain
    Configuration("all of it on elliptic curves", _all_elliptic, anchor=lambda sent: sent[2:]),
    Configuration("above the leaf in reverse", lambda one: (one.leaf, *one.presented[:0:-1])),
    Configuration("leaf and intermediate alone", lambda one: one.presented[:2]),
    Configuration("one cross-signed root", lambda one: one.presented[:3]),
    Configuration("the root sent too", lambda one: (*one.presented[:2], one.root)),
    Configuration("a stranger's certificate sent too", _stranger),
    Configuration(
        "the intermediate sent twice", lambda one: (*one.presented[:2], one.intermediate)
    ),
    Configuration("two intermediates", _long),
    # The trust store
    Configuration("the intermediate is the anchor", anchor=lambda sent: sent[1:2]),
    Configuration("the cross-signed root is the anchor", anchor=lambda sent: sent[2:3]),
    Configuration("all that is sent are anchors", anchor=lambda sent: sent[1:]),
    Configuration("the leaf is the anchor", anchor=lambda sent: sent[:1]),
    Configuration("self-signed and known", _own, anchor=lambda sent: sent),
    # TLS
    Configuration("TLS 1.2 alone", terms=Terms(maximum=_TLS12)),
    Configuration("TLS 1.3 alone", terms=Terms(minimum=_TLS13)),
    Configuration(
        "ChaCha20 alone", terms=Terms(ciphers="ECDHE-RSA-CHACHA20-POLY1305", maximum=_TLS12)
    ),
    Configuration(
        "we want TLS 1.3",
        client={"policy": CipherPolicy("ECDHE-RSA-AES128-GCM-SHA256", minimum="1.3")},
    ),
    # Sign-in
    Configuration("AUTH LOGIN", relay=_mechanisms("LOGIN")),
    Configuration("AUTH PLAIN", relay=_mechanisms("PLAIN")),
    Configuration("AUTH SCRAM-SHA-256", relay=_mechanisms("SCRAM-SHA-256")),
    Configuration("many mechanisms", relay=_mechanisms("GSSAPI", "NTLM", "CRAM-MD5", "PLAIN")),
    Configuration("no sign-in", other=Manner()),
    Configuration("no sign-in, no encryption", other=Manner(), clear=True),
    # Words
    Configuration("PIPELINING and more", words={Step.EHLO: _offers}),
    Configuration("the AUTH line twice, in small letters", words={Step.EHLO: _old_form}),
    Configuration("a greeting with the date", words={Step.GREETING: _exchange}),
    Configuration("answers in pieces", words=dict.fromkeys((Step.GREETING, Step.EHLO), _in_pieces)),
    Configuration(
        "a greeting of three lines, slow answers",
        other=Manner(greeting=("220-relay.example.com", "220-no spam", "220 ESMTP"), pause_s=0.2),
    ),
    Configuration("hardly any offers", other=Manner(offers=(), ok="250 fine")),
)
