"""Rules that are right in themselves and yet tell nobody."""

from __future__ import annotations

from tocsin.base.home import Home
from tocsin.domain.principal import Permission, Principal, require
from tocsin.engine.configuration import current
from tocsin.engine.relay import relays


def check_rules(principal: Principal) -> list[tuple[str, str]]:
    """(rule, why it tells nobody), for each rule of which that can be said.

    Raises:
        NotPermitted: the role may not read.
    """
    require(principal, Permission.READ)
    configuration = current().configuration
    enabled = {one.name for one in configuration.actions if one.enabled}
    findings: list[tuple[str, str]] = []
    for rule in configuration.rules:
        named = [*rule.active, *rule.inactive]
        if not rule.enabled:
            findings.append((rule.name, "the rule is switched off"))
        elif not named:
            findings.append((rule.name, "it names no action"))
        elif not any(one in enabled for one in named):
            findings.append((rule.name, "every action that it names is switched off"))
    if not configuration.rules:
        findings.append(("all", "there is no rule, so nobody is told"))
    elif not relays(Home.of_environment(), configuration):
        findings.append(("all", "no SMTP server is configured"))
    return findings
