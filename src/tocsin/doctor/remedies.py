"""Which changes Tocsin could make for the findings of a walk. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tocsin.base.clock import Instant
from tocsin.doctor.errand import Errand
from tocsin.doctor.remedy import Remedy, RemedyKind
from tocsin.doctor.report import Diagnosed
from tocsin.doctor.seen import Seen
from tocsin.mail.smtp.failure import ConversationFailure
from tocsin.mail.smtp.opening import Encryption
from tocsin.mail.smtp.sasl import Login, choose
from tocsin.ses.region import region_of_host
from tocsin.trust.recommendation import recommend
from tocsin.trust.verdict import judge, readable

_MOST_IDENTITIES = 20
_NEW_ACCOUNT = 1.0

_Offer = Callable[[Diagnosed, Errand, Seen, Instant], Remedy | None]


def remedies(
    findings: Sequence[Diagnosed], errand: Errand, seen: Seen, at: Instant
) -> tuple[Remedy, ...]:
    """What is offered, in the order of the findings; each change once."""
    found: list[Remedy] = []
    for one in findings:
        for offer in _OFFERS.get(one.finding.code, ()):
            made = offer(one, errand, seen, at)
            if made is not None and all(made.kind is not each.kind for each in found):
                found.append(made)
    return tuple(found)


def _add_anchor(one: Diagnosed, errand: Errand, seen: Seen, at: Instant) -> Remedy | None:
    relay = errand.relay
    chain = readable(seen.chain)
    verdict = judge(seen.chain, relay.anchors, relay.host, at) if chain else None
    advice = recommend(chain, verdict, relay.anchors) if verdict is not None else None
    wanted = next((each for each in chain if advice and each.sha256 == advice.sha256), None)
    if wanted is None:
        return None
    facts = {
        "name": wanted.title,
        "sha256": wanted.sha256,
        "subject": wanted.subject,
        "pem": wanted.pem,
    }
    return Remedy(RemedyKind.ADD_ANCHOR, one.finding.code, facts)


def _drop_dhe(one: Diagnosed, _errand: Errand, seen: Seen, _at: Instant) -> Remedy | None:
    if not seen.works_without_dhe:
        return None
    return Remedy(RemedyKind.DROP_DHE, one.finding.code)


def _change_way(one: Diagnosed, _errand: Errand, seen: Seen, _at: Instant) -> Remedy | None:
    if not seen.ways:
        return None
    port, encryption = seen.ways[0]
    facts = {"port": str(port), "encryption": encryption.value}
    return Remedy(RemedyKind.CHANGE_MODE, one.finding.code, facts)


def _change_server(one: Diagnosed, _errand: Errand, _seen: Seen, _at: Instant) -> Remedy | None:
    server = one.finding.facts.get("endpoint")
    if not server or region_of_host(server) is None:
        return None
    return Remedy(RemedyKind.CHANGE_SERVER, one.finding.code, {"server": server})


def _set_sender(one: Diagnosed, _errand: Errand, seen: Seen, _at: Instant) -> Remedy:
    """The one address that the account lets mail be from, or an entered one of many."""
    able = seen.identities
    facts = {"identities": ", ".join(able[:_MOST_IDENTITIES])} if able else {}
    if len(able) == 1 and "@" in able[0]:
        return Remedy(RemedyKind.SET_SENDER, one.finding.code, {**facts, "sender": able[0]})
    return Remedy(RemedyKind.SET_SENDER, one.finding.code, facts, asks=("sender",))


def _derive(one: Diagnosed, errand: Errand, _seen: Seen, _at: Instant) -> Remedy | None:
    region = one.finding.facts.get("region") or region_of_host(errand.relay.host)
    # The secret that was entered as the password is used; of any other it is asked.
    entered = one.finding.code == "auth.secret-not-smtp-password"
    if region is None and not entered:
        return None  # nothing says that it is a relay of Amazon's
    asks = (*(() if region else ("region",)), *(() if entered else ("secret",)))
    facts = {"region": region} if region else {}
    return Remedy(RemedyKind.DERIVE_PASSWORD, one.finding.code, facts, asks)


def _trim(one: Diagnosed, _errand: Errand, _seen: Seen, _at: Instant) -> Remedy:
    return Remedy(RemedyKind.TRIM_PASSWORD, one.finding.code)


def _set_sign_in(one: Diagnosed, errand: Errand, seen: Seen, _at: Instant) -> Remedy | None:
    """Only where leaving the choice to Tocsin would do."""
    relay = errand.relay
    if relay.user is None or relay.password is None or relay.sign_in == "auto":
        return None
    try:
        choose(Login(relay.user, relay.password, "auto"), seen.mechanisms)
    except ConversationFailure:
        return None
    return Remedy(RemedyKind.SET_SIGN_IN, one.finding.code, {"sign_in": "auto"})


def _lower_rate(one: Diagnosed, errand: Errand, seen: Seen, _at: Instant) -> Remedy:
    """What the account allows; where that is not known, what a new one of Amazon SES does."""
    rate = seen.max_send_rate or errand.max_send_rate or _NEW_ACCOUNT
    return Remedy(RemedyKind.LOWER_RATE, one.finding.code, {"max_send_rate": f"{rate:g}"})


def _await_production(one: Diagnosed, _errand: Errand, _seen: Seen, _at: Instant) -> Remedy:
    return Remedy(RemedyKind.AWAIT_PRODUCTION, one.finding.code)


def _try_now(one: Diagnosed, _errand: Errand, _seen: Seen, _at: Instant) -> Remedy:
    """For whoever has mended it elsewhere and will not wait; of use while the relay is paused."""
    return Remedy(RemedyKind.TRY_NOW, one.finding.code)


_OFFERS: Mapping[str, tuple[_Offer, ...]] = {
    "dns.timeout": (_try_now,),
    "tcp.unreachable": (_try_now,),
    "tls.untrusted-issuer": (_add_anchor,),
    "tls.incomplete-chain": (_add_anchor,),
    "tls.self-signed": (_add_anchor,),
    "tls.dh-too-small": (_drop_dhe,),
    "tls.wrong-mode": (_change_way,),
    "tcp.refused": (_change_way, _try_now),
    "tcp.timeout": (_change_way, _try_now),
    "smtp.starttls-missing": (_change_way,),
    "smtp.banner-timeout": (_change_way,),
    "ses.wrong-host": (_change_server,),
    "smtp.sender-refused": (_set_sender,),
    "ses.identity-not-verified": (_set_sender,),
    "auth.secret-not-smtp-password": (_derive,),
    "auth.wrong-region": (_derive,),
    "ses.old-password": (_derive,),
    "auth.rejected": (_derive,),
    "auth.password-damaged": (_trim,),
    "auth.no-mechanism": (_set_sign_in,),
    "ses.rate-exceeded": (_lower_rate,),
    "ses.sandbox-recipient": (_await_production,),
}

NEIGHBOURS_ASKED = frozenset(code for code, offers in _OFFERS.items() if _change_way in offers)
"""Findings after which other ports of the host are worth a look."""


def other_mode(encryption: Encryption) -> Encryption:
    """The other moment at which TLS may begin."""
    return Encryption.STARTTLS if encryption is Encryption.SMTPS else Encryption.SMTPS
