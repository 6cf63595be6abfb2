"""Reading an SPF record (RFC 7208): what is wrong with it, and what it asks DNS for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

MOST_LOOKUPS = 10
"""Of all terms that ask DNS, those of included records too (RFC 7208 section 4.6.4)."""

_TERM = re.compile(r"(?P<sign>[+?~-]?)(?P<name>[A-Za-z][A-Za-z0-9._-]*)(?P<rest>.*)", re.DOTALL)
_DOMAIN = re.compile(r"(?:[A-Za-z0-9._-]|%\{[A-Za-z][0-9]*r?[.+,/_=-]*\}|%%|%_|%-)+")
_LENGTHS = re.compile(r"(?:/\d{1,2})?(?://\d{1,3})?")
_FAMILY = {"ip4": IPv4Network, "ip6": IPv6Network}


@dataclass(frozen=True, slots=True)
class Record:
    """One record: `problem` is the first thing wrong with it, in words, or empty.

    `follows` are the domains whose records it takes in (``include`` and ``redirect``), as
    far as they hold no macro; `lookups` how many of its own terms ask DNS.
    """

    text: str
    problem: str = ""
    follows: tuple[str, ...] = ()
    lookups: int = 0

    def takes_in(self, domain: str) -> bool:
        """Whether it includes that domain itself."""
        return domain in self.follows


def is_spf(text: str) -> bool:
    """Whether a TXT record is one of SPF (section 4.5)."""
    version = text.partition(" ")[0]
    return version.casefold() == "v=spf1"


def read_spf(text: str) -> Record:
    """Read a record that `is_spf`."""
    follows: list[str] = []
    lookups, problem = 0, ""
    terms = [one for one in text.split(" ")[1:] if one]
    ends = any(one.casefold().lstrip("+-~?") == "all" for one in terms)
    for term in terms:
        wrong, asks, followed = _read_term(term)
        problem = problem or wrong
        if ends and term.casefold().startswith("redirect="):
            continue  # never used beside "all" (section 6.1)
        lookups += asks
        if followed and "%" not in followed:
            follows.append(followed.casefold().removesuffix("."))
    return Record(text, problem, tuple(follows), lookups)


def _read_term(term: str) -> tuple[str, int, str]:
    """What is wrong with it, how many questions it asks DNS, and whose record it takes in."""
    found = _TERM.fullmatch(term)
    wrong = f"{term[:60]!a} is no term"
    if found is None:
        return wrong, 0, ""
    name, rest, sign = found["name"].casefold(), found["rest"], found["sign"]
    if rest.startswith("="):
        if sign:
            return wrong, 0, ""
        if name == "redirect":
            return _domain_problem(term, rest[1:]), 1, rest[1:]
        return "", 0, ""  # exp, and what later versions may bring (section 6)
    if name == "all":
        return ("" if not rest else wrong), 0, ""
    if name in {"include", "exists"}:
        problem = _domain_problem(term, rest[1:]) if rest.startswith(":") else wrong
        return problem, 1, rest[1:] if name == "include" else ""
    if name in _FAMILY:
        return _network_problem(term, name, rest), 0, ""
    if name in {"a", "mx", "ptr"}:
        return _host_problem(term, rest), 1, ""
    return wrong, 0, ""


def _domain_problem(term: str, domain: str) -> str:
    if _DOMAIN.fullmatch(domain) and "." in domain:
        return ""
    return f"{term[:60]!a} names no domain"


def _network_problem(term: str, family: str, rest: str) -> str:
    try:
        if rest.startswith(":") and isinstance(ip_network(rest[1:], strict=False), _FAMILY[family]):
            return ""
    except ValueError:
        pass
    return f"{term[:60]!a} is no {family} network"


def _host_problem(term: str, rest: str) -> str:
    domain, slash, lengths = rest.partition("/")
    if _LENGTHS.fullmatch(slash + lengths) and (
        not domain or (domain.startswith(":") and _DOMAIN.fullmatch(domain[1:]))
    ):
        return ""
    return f"{term[:60]!a} is no term"
