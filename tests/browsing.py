"""A manager in a browser: what journeys open, and who looks."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from manager import Program, document_of, wait_until
from tocsin.base.home import node_name
from tocsin.base.ids import uuid7

PASSWORD = "a password of the journey"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 380, "height": 800}
INSIDE, OUTSIDE = "Mail the SOC", "Mail somebody outside"
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=1</script>'

PAGES = {
    "alarms": "/",
    "alarms filtered to nothing": "/?text=nothing+has+this",
    "an alarm": "/alarms/{alarm}",
    "deliveries": "/deliveries",
    "a delivery that arrived": "/deliveries/{delivered}",
    "a delivery that failed": "/deliveries/{failed}",
    "deliveries narrowed, all chosen": "/deliveries?since=24h&twice=yes&check=all",
    "what a delivery tells": "/deliveries/{delivered}/alarms",
    "relays": "/relays",
    "amazon ses": "/ses",
    "doctor": "/doctor",
    "explain": "/explain",
    "verify a message": "/messages/verify",
    "feedback": "/ses/feedback",
    "set up Amazon SES": "/ses/setup",
    "arrival": "/arrival",
    "rules": "/response/rules",
    "a rule": "/response/rules/edit?name=Everything",
    "a new rule": "/response/rules/edit",
    "actions": "/response/actions",
    "an action": "/response/actions/edit?name=Mail+the+SOC",
    "a preview": "/response/actions/preview?name=Mail+the+SOC",
    "trust": "/trust",
    "watch": "/trust/watch",
    "cipher policy": "/trust/ciphers",
    "probe": "/trust/probe",
    "a certificate": "/trust?name=Rehearsal+Root+CA+1",
    "add certificates": "/trust/add",
    "remove a certificate": "/trust/remove?name=Rehearsal+Root+CA+1",
    "collect": "/trust/collect",
    "appliances": "/central",
    "statistics": f"/central/appliances/{node_name()}/statistics",
    "settings": f"/central/appliances/{node_name()}/general",
    "history": "/central/history",
    "people": "/people",
    "new password": "/new-password",
    "inbox": "/rehearsal",
    "training ground": "/rehearsal/training",
}
"""Every page of a stocked manager, by what it shows; names in braces are ids."""


class Manager:
    """A manager that runs, and what a person needs to get in."""

    def __init__(self, program: Program, address: str) -> None:
        self.program = program
        self.address = address

    @property
    def one_time_password(self) -> str:
        """The first administrator's."""
        return (self.program.home / "first-password").read_text().strip()

    def report(self, *alarms: dict[str, Any]) -> list[str]:
        """Report alarms; gives their ids."""
        results = self.program.json("alarm", "send", "-", text=json.dumps(alarms))
        assert all(one["ok"] for one in results), results
        return [one["id"] for one in results]

    def wait_applied(self) -> None:
        """Until every role works by the latest configuration, as they report it."""
        token = self.program.json("token", "add", uuid7(), "--role", "viewer")["token"]
        asked = urllib.request.Request(
            f"{self.address}/api/v1/appliances", headers={"Authorization": f"Bearer {token}"}
        )

        def applied() -> bool:
            with urllib.request.urlopen(asked) as answer:
                (appliance,) = json.loads(answer.read())["items"]
            return str(appliance["status"]) == "Up"

        wait_until(applied, "the roles to take the configuration over")


class Visit:
    """One person's browser; whatever it complains of is kept."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.complaints: list[str] = []
        self.page = self.open()

    def open(self) -> Page:
        """A page of its own in this browser."""
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # Answers of 4xx are asked for by some journeys; everything else is a defect.
        if message.type in {"error", "warning"} and "the server responded with" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str, status: int = 200) -> Page:
        """Open a page of the manager, which must be there."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, path
        return self.page

    def sign_in(self, name: str, password: str) -> None:
        """Fill the form and send it."""
        self.go("/sign-in")
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def settle(self, one_time: str) -> None:
        """Sign in as the first administrator and choose a password."""
        self.sign_in("administrator", one_time)
        self.choose_password()

    def choose_password(self) -> None:
        """Replace the one-time password."""
        self.page.get_by_label("New password", exact=True).fill(PASSWORD)
        self.page.get_by_label("Once more").fill(PASSWORD)
        self.page.get_by_role("button", name="Set the password").click()
        self.page.wait_for_url(f"{self.address}/")


def stock(relay: dict[str, Any]) -> dict[str, Any]:
    """The document of a manager that tells of everything, of what is grave twice."""
    document = document_of(relay)
    outside = {"name": OUTSIDE, "kind": "email", "to": ["outside@example.net"]}
    return {
        **document,
        "actions": [*document["actions"], outside],
        "rules": [
            {"name": "Everything", "when": {}, "active": [INSIDE]},
            {"name": "Grave ones", "when": {"severity": "critical"}, "active": [OUTSIDE]},
            {"name": "Nothing any more", "enabled": False, "when": {"type": "x"}, "active": []},
        ],
    }


def stock_alarms() -> list[dict[str, Any]]:
    """Alarms of every severity, one of them full, one hostile, and enough for a second part."""
    many = [
        {
            "type": f"ET SCAN Potential SSH Scan {place}",
            "category": "Recon",
            "severity": ("major", "minor", "trivial", "informational")[place % 4],
            "source_host": {"ip": f"198.51.100.{place}", "port": 40000 + place},
            "target_host": {"ip": "192.0.2.22", "port": 22, "name": "bastion.example.com"},
            "protocol": "TCP",
        }
        for place in range(1, 61)
    ]
    full = {
        "type": "Suspect Data Loss",
        "category": "Exfiltration",
        "severity": "critical",
        "source": "flow-collector-1",
        "source_host": {
            "ip": "192.0.2.77",
            "port": 51515,
            "name": "workstation-77.example.com",
            "mac": "00:00:5e:00:53:4d",
            "user": "m.example",
            "groups": ["Workstations", "Finance"],
        },
        "target_host": {"ip": "2001:db8:85a3::8a2e:370:7334", "port": 443},
        "protocol": "TCP",
        "details": "7.2 GB in 40 minutes to a host that nobody here had spoken to before.\n"
        "The usual daily volume of this host is 60 MB.",
        "url": "https://sensor.example.com/alarms/4711",
        "attributes": {"signature_id": "2001219", "bytes_out": "7730941132"},
    }
    hostile = {"type": HOSTILE, "severity": "minor", "details": HOSTILE}
    return [*many, hostile, full]


def settled(program: Program) -> bool:
    """Whether every delivery of the stock is over."""
    deliveries = program.json("deliveries")
    over = {"delivered", "failed", "cancelled", "unknown"}
    return len(deliveries) == 63 and {one["state"] for one in deliveries} <= over
