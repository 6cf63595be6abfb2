"""What a configuration allows, but hardly anybody wants."""

from __future__ import annotations

from typing import Any

import pytest

from documents import applied
from tocsin.base.clock import DAY, now
from tocsin.central.configuration import EMPTY
from tocsin.central.warning import warnings_of

RELAY = {
    "server": "relay.example.com",
    "port": 587,
    "encryption": "starttls",
    "from": "sna@example.com",
}
BACKUP = {
    "name": "Backup",
    "server": "backup.example.com",
    "port": 587,
    "encryption": "starttls",
}
TRUST = [{"name": "R", "file": "root.pem"}]
SOC = {"name": "Mail the SOC", "kind": "email", "to": ["soc@example.com"]}
ALL = {"name": "All", "active": ["Mail the SOC"]}
EVE = {"name": "ids-1", "kind": "eve", "path": "/var/log/suricata/eve.json"}
SES = {
    "region": "eu-west-1",
    "access_key": "AKIAEXAMPLEEXAMPLE00",
    "secret_key_file": "ses.key",
    "queue": "https://sqs.eu-west-1.amazonaws.com/123456789012/feedback",
    "topics": ["arn:aws:sns:eu-west-1:123456789012:feedback"],
}
GOOD = {"smtp": RELAY, "trust": TRUST, "actions": [SOC], "rules": [ALL], "sources": [EVE]}


def test_a_good_configuration_and_an_empty_one_warn_of_nothing() -> None:
    """Nobody is bothered without a reason."""
    assert warnings_of(applied(GOOD), now()) == []
    assert warnings_of(EMPTY, now()) == []


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"smtp": None}, ["smtp"]),
        ({"trust": []}, ["trust"]),
        ({"smtp": {**RELAY, "encryption": "none"}}, ["smtp.encryption"]),
        ({"smtp": {**RELAY, "port": 465}}, ["smtp.port"]),
        ({"smtp": {**RELAY, "encryption": "smtps"}}, ["smtp.port"]),
        ({"smtp": {**RELAY, "encryption": "smtps", "port": 465}}, []),
        ({"smtp": {**RELAY, "port": 1025}}, []),
        ({"smtp": {**RELAY, "sign_in": "plain"}}, ["smtp.sign_in"]),
        ({"relays": [BACKUP]}, []),
        ({"relays": [BACKUP], "trust": []}, ["trust"]),
        (
            {"smtp": {**RELAY, "encryption": "none"}, "relays": [BACKUP], "trust": []},
            ["smtp.encryption", "trust"],
        ),
        ({"relays": [{**BACKUP, "encryption": "none"}]}, ["relays[0].encryption"]),
        ({"relays": [{**BACKUP, "port": 465}]}, ["relays[0].port"]),
        ({"relays": [{**BACKUP, "sign_in": "login"}]}, ["relays[0].sign_in"]),
        ({"relays": [{**BACKUP, "server": "RELAY.example.com"}]}, ["relays[0].server"]),
        ({"relays": [{**BACKUP, "server": "relay.example.com", "port": 2587}]}, []),
        ({"relays": [BACKUP, {**BACKUP, "name": "Last"}]}, ["relays[1].server"]),
        ({"ses": SES}, []),
        ({"ses": {**SES, "region": "eu-central-1"}}, ["ses.queue", "ses.topics[0]"]),
        ({"ses": {**SES, "queue": "https://queue.example.com/feedback"}}, []),
        ({"ses": {**SES, "relay": "smtp"}}, []),
        ({"ses": {**SES, "relay": "Backup"}}, ["ses.relay"]),
        ({"trust": [{"name": "R", "file": "soon.pem"}]}, ["trust[0]"]),
        ({"rules": [{"name": "All"}]}, ["rules[0]"]),
        ({"rules": [{"name": "All", "enabled": False}]}, []),
        ({"actions": [{**SOC, "enabled": False}]}, ["rules[0].active[0]"]),
        ({"sources": [EVE, {**EVE, "name": "ids-2"}]}, ["sources[1].path"]),
        ({"sources": [EVE, {**EVE, "name": "ids-2", "enabled": False}]}, []),
        ({"sources": [{**EVE, "node": "a"}, {**EVE, "name": "ids-2", "node": "b"}]}, []),
    ],
)
def test_each_warning(change: dict[str, Any], paths: list[str]) -> None:
    """Each doubtful setting is told by where it stands, and applied all the same."""
    assert [one.path for one in warnings_of(applied({**GOOD, **change}), now())] == paths


def test_an_anchor_that_ran_out_is_told() -> None:
    """A certificate that expired after it was added verifies nothing any more."""
    one = applied({**GOOD, "trust": [*TRUST, {"name": "S", "file": "soon.pem"}]})
    (warning,) = warnings_of(one, now() + 20 * DAY)
    assert warning.path == "trust[1]"
    assert "expired" in warning.message
