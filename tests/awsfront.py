"""AWS for feedback: moto for topics, queues and identities, with what it lacks put before it.

Event destinations and notification topics are kept here; any call can be denied by its name.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import awsserver

_SETS = "/v2/email/configuration-sets/"
_NAMESPACE = "http://ses.amazonaws.com/doc/2010-12-01/"
_KINDS = ("Bounce", "Complaint", "Delivery")


class Front:
    """The server's state, and what it was asked for."""

    def __init__(self, moto: str) -> None:
        self.moto = urlsplit(moto)
        self.url = ""
        self.begin()

    def begin(self) -> None:
        """Know nothing, and deny nothing."""
        self.denied: set[str] = set()
        """Names of calls that the key may not make."""
        self.asked: list[str] = []
        self.destinations: dict[str, list[dict[str, Any]]] = {}
        self.sets: dict[str, str] = {}
        """Identity → its configuration set."""
        self.topics: dict[str, dict[str, str]] = {}
        self.headers: dict[str, set[str]] = {}

    def destinations_json(self, configuration_set: str) -> dict[str, Any]:
        """GetConfigurationSetEventDestinations."""
        return {"EventDestinations": self.destinations.get(configuration_set, [])}

    def attributes_xml(self, names: list[str]) -> str:
        """GetIdentityNotificationAttributes."""
        entries = "".join(
            f"<entry><key>{name}</key><value>"
            + "".join(
                f"<{kind}Topic>{topic}</{kind}Topic>"
                for kind, topic in self.topics.get(name, {}).items()
            )
            + f"<ForwardingEnabled>{str(name not in self.topics).lower()}</ForwardingEnabled>"
            + "".join(
                f"<HeadersIn{kind}NotificationsEnabled>"
                f"{str(kind in self.headers.get(name, ())).lower()}"
                f"</HeadersIn{kind}NotificationsEnabled>"
                for kind in _KINDS
            )
            + "</value></entry>"
            for name in names
        )
        return _xml(
            "GetIdentityNotificationAttributes",
            f"<NotificationAttributes>{entries}</NotificationAttributes>",
        )


def reset(state: Front) -> None:
    """Begin anew, moto too: its state is that of the process."""
    state.begin()
    behind = http.client.HTTPConnection(state.moto.hostname or "", state.moto.port, timeout=30)
    behind.request("POST", "/moto-api/reset")
    behind.getresponse().read()
    behind.close()


def _xml(action: str, result: str = "") -> str:
    return (
        f'<{action}Response xmlns="{_NAMESPACE}"><{action}Result>{result}</{action}Result>'
        "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        f"</{action}Response>"
    )


_REFUSED_XML = (
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error>"
    "<RequestId>r</RequestId></ErrorResponse>"
)

Given = tuple[int, str, str]
"""Status, content and its type."""


@contextlib.contextmanager
def front() -> Iterator[Front]:
    """The server on a free port, with a moto of its own behind it."""
    with awsserver.moto() as moto:
        state = Front(moto)

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                action = _action(self, body)
                state.asked.append(action)
                given = _given(state, self.command, self.path, action, body)
                if given is None:
                    _forward(state, self, body)
                else:
                    _send(self, given)

            do_GET = do_POST = do_PUT = answer  # noqa: N815 -- as the base class looks for them

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)


def _action(request: BaseHTTPRequestHandler, body: bytes) -> str:
    """The name of the call, in each of the protocols."""
    target = request.headers.get("X-Amz-Target")
    if target is not None:
        return target.rpartition(".")[2]
    path = urlsplit(request.path).path
    if path.startswith(_SETS) and "/event-destinations" in path:
        verb = {"GET": "Get", "POST": "Create", "PUT": "Update"}[request.command]
        return f"{verb}ConfigurationSetEventDestination{'s' if verb == 'Get' else ''}"
    if path.startswith("/v2/email/identities/"):
        return "GetEmailIdentity"
    return parse_qs(body.decode()).get("Action", [path])[0]


def _given(state: Front, command: str, path: str, action: str, body: bytes) -> Given | None:
    """What is answered here; None for what moto answers."""
    path = urlsplit(path).path
    if action in state.denied:
        if path.startswith("/v2/") or body.startswith(b"{"):  # SQS speaks JSON too
            return 403, '{"__type": "AccessDeniedException"}', "application/json"
        return 403, _REFUSED_XML, "text/xml"
    if action.endswith(("EventDestination", "EventDestinations")):
        return _destinations(state, command, path, body)
    if action in {
        "GetIdentityNotificationAttributes",
        "SetIdentityNotificationTopic",
        "SetIdentityHeadersInNotificationsEnabled",
    }:
        return _notifications(state, action, parse_qs(body.decode()))
    return None


def _destinations(state: Front, command: str, path: str, body: bytes) -> Given:
    name = unquote(path.removeprefix(_SETS).partition("/")[0])
    there = state.destinations.setdefault(name, [])
    if command == "GET":
        return 200, json.dumps(state.destinations_json(name)), "application/json"
    said = json.loads(body)
    own = said.get("EventDestinationName") or unquote(path.rpartition("/")[2])
    if command == "POST" and any(one["Name"] == own for one in there):
        return 400, '{"__type": "AlreadyExistsException"}', "application/json"
    there[:] = [one for one in there if one["Name"] != own]
    there.append({"Name": own, **said["EventDestination"]})
    return 200, "{}", "application/json"


def _notifications(state: Front, action: str, form: dict[str, list[str]]) -> Given:
    if action == "GetIdentityNotificationAttributes":
        names = [value for key, (value,) in form.items() if key.startswith("Identities.")]
        return 200, state.attributes_xml(names), "text/xml"
    (identity,), (kind,) = form["Identity"], form["NotificationType"]
    if action == "SetIdentityNotificationTopic":
        state.topics.setdefault(identity, {})[kind] = form["SnsTopic"][0]
    elif form["Enabled"] == ["true"]:
        state.headers.setdefault(identity, set()).add(kind)
    return 200, _xml(action), "text/xml"


def _forward(state: Front, request: BaseHTTPRequestHandler, body: bytes) -> None:
    behind = http.client.HTTPConnection(state.moto.hostname or "", state.moto.port, timeout=30)
    headers = {name: value for name, value in request.headers.items() if name != "Host"}
    # Queues are named by the address that they were made at.
    behind.request(
        request.command, request.path, body, {**headers, "Host": urlsplit(state.url).netloc}
    )
    answer = behind.getresponse()
    content = answer.read().decode()
    behind.close()
    name = unquote(urlsplit(request.path).path.rpartition("/")[2])
    if name in state.sets and answer.status == http.client.OK:
        content = json.dumps({**json.loads(content), "ConfigurationSetName": state.sets[name]})
    _send(request, (answer.status, content, answer.headers.get("Content-Type", "")))


def _send(request: BaseHTTPRequestHandler, given: Given) -> None:
    status, content, type_ = given
    body = content.encode()
    request.send_response(status)
    request.send_header("Content-Type", type_)
    request.send_header("Content-Length", str(len(body)))
    if status >= http.client.BAD_REQUEST and type_ == "application/json":
        request.send_header("x-amzn-ErrorType", json.loads(content).get("__type", "Unknown"))
    request.end_headers()
    request.wfile.write(body)
