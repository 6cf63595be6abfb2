"""Reading a DMARC record (RFC 7489 section 6.3) and one of MTA-STS (RFC 8461 section 3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_POLICIES = frozenset({"none", "quarantine", "reject"})
_ALIGNMENTS = frozenset({"r", "s"})
_STS_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_SHARE = re.compile(r"0*(?:100|[0-9]{1,2})")
_MOST_PARENTS = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain asks receivers to do; `problem` is what is wrong with it, or empty."""

    policy: str
    problem: str = ""


def is_dmarc(text: str) -> bool:
    """Whether a TXT record is one of DMARC."""
    return re.match(r"v\s*=\s*DMARC1\s*(;|$)", text) is not None


def read_dmarc(text: str) -> Policy:
    """Read a record that `is_dmarc`."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not name and not equals:
            continue
        if not equals or not name:
            return Policy(tags.get("p", ""), f"{part.strip()[:60]!a} is no tag")
        tags.setdefault(name.casefold(), value)
    policy = tags.get("p", "").casefold()
    return Policy(policy or "none", next(_problems(tags, policy), ""))


def _problems(tags: dict[str, str], policy: str) -> Iterator[str]:
    if policy not in _POLICIES and "rua" not in tags:
        yield (
            f"p={policy[:40]}: none, quarantine or reject is expected" if policy else "p is missing"
        )
    if policy and policy not in _POLICIES and "rua" in tags:
        yield f"p={policy[:40]}: none, quarantine or reject is expected"
    if tags.get("sp", "none").casefold() not in _POLICIES:
        yield f"sp={tags['sp'][:40]}: none, quarantine or reject is expected"
    for name in ("adkim", "aspf"):
        if tags.get(name, "r").casefold() not in _ALIGNMENTS:
            yield f"{name}={tags[name][:40]}: r or s is expected"
    share = tags.get("pct", "100")
    if _SHARE.fullmatch(share) is None:
        yield f"pct={share[:40]}: a number from 0 to 100 is expected"
    for name in ("rua", "ruf"):
        if name in tags and not tags[name].casefold().startswith(("mailto:", "https:")):
            yield f"{name}={tags[name][:60]}: an address such as mailto:reports@example.com"


def places(domain: str) -> list[str]:
    """The domains that a policy is looked for at: the domain, then those above it.

    Where the organisation begins is not written in DNS; the nearest record counts.
    """
    labels = domain.split(".")
    found = [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]
    return found[:_MOST_PARENTS]


def is_mta_sts(text: str) -> bool:
    """Whether a TXT record announces a policy of MTA-STS."""
    return text.casefold().replace(" ", "").startswith("v=stsv1;")


def mta_sts_problem(text: str) -> str:
    """What is wrong with such a record, or nothing."""
    fields: dict[str, str] = {}
    for part in filter(None, text.split(";")):
        name, _, value = part.partition("=")
        fields[name.strip()] = value.strip()
    return "" if _STS_ID.fullmatch(fields.get("id", "")) else "its id is missing or no id"
