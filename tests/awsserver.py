"""AWS for tests: moto where it does as AWS does, and a stand-in of ours for what it lacks.

What the stand-in answers is held against botocore's service models by a test of its own.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import http.client
import json
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tocsin.base.secret import Secret
from tocsin.ses.aws import Aws
from tocsin.ses.wire import Wire

REGION = "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:feedback"
KEY = "AKIAEXAMPLEEXAMPLE00"
DENIED = "AKIADENIEDDENIED0000"
"""A key that may do nothing."""
EXPIRED = "AKIAEXPIREDEXPIRED00"
SECRET = "correct/horse+battery/staple000000000000"


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """A moto server on a free port; gives its address. It begins empty."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # What it holds is of the whole process, and another test of it may have run one too.
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", b"").close()
    try:
        # What another test file of this process made in moto is there still.
        asked = http.client.HTTPConnection(host, port)
        asked.request("POST", "/moto-api/reset")
        assert asked.getresponse().read()
        asked.close()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def aws(url: str, *, key: str = KEY, wire: Wire | None = None) -> Aws:
    """A client of a server that stands in for AWS."""
    return Aws(REGION, key, Secret(SECRET), wire or Wire(()), url)


ACCOUNT: dict[str, Any] = {
    "DedicatedIpAutoWarmupEnabled": False,
    "EnforcementStatus": "HEALTHY",
    "ProductionAccessEnabled": False,
    "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 12.0},
    "SendingEnabled": True,
    "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
}
SUPPRESSED: list[dict[str, Any]] = [
    {
        "EmailAddress": f"gone{number}@example.org",
        "Reason": "BOUNCE",
        "LastUpdateTime": 1_790_000_000 + number,
    }
    for number in range(3)
]
STATISTICS = [
    {"DeliveryAttempts": 90, "Bounces": 5, "Complaints": 0, "Rejects": 0},
    {"DeliveryAttempts": 110, "Bounces": 6, "Complaints": 1, "Rejects": 2},
]


@dataclass(slots=True)
class IamKey:
    """An access key that the stand-in's IAM knows; times as IAM writes them."""

    user: str
    made: str
    used: str | None = None
    status: str = "Active"


def suppressed_page(
    token: str | None, every: Sequence[dict[str, Any]] = SUPPRESSED
) -> dict[str, Any]:
    """Two entries a page, as a real list has a thousand."""
    start = int(token or 0)
    page: dict[str, Any] = {"SuppressedDestinationSummaries": list(every[start : start + 2])}
    if start + 2 < len(every):
        page["NextToken"] = str(start + 2)
    return page


def identity(
    *, kind: str = "DOMAIN", status: str = "SUCCESS", dkim: str = "SUCCESS", **said: Any
) -> dict[str, Any]:
    """GetEmailIdentity of an identity that is all right, but for what is said."""
    return {
        "IdentityType": kind,
        "FeedbackForwardingStatus": True,
        "VerificationStatus": status,
        "VerifiedForSendingStatus": status == "SUCCESS",
        "DkimAttributes": {"SigningEnabled": True, "Status": dkim, "Tokens": ["one", "two"]},
        **said,
    }


def identities_page(every: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """ListEmailIdentities of these."""
    return {
        "EmailIdentities": [
            {
                "IdentityName": name,
                "IdentityType": one["IdentityType"],
                "SendingEnabled": one["VerifiedForSendingStatus"],
                "VerificationStatus": one["VerificationStatus"],
            }
            for name, one in every.items()
        ]
    }


def keys_xml(keys: dict[str, IamKey], form: dict[str, list[str]], asking: str) -> str | None:
    """What IAM answers about access keys; None where it knows none such."""
    action = form["Action"][0]
    if action == "GetAccessKeyLastUsed":
        key = keys.get(form["AccessKeyId"][0])
        if key is None:
            return None
        used = "" if key.used is None else f"<LastUsedDate>{key.used}</LastUsedDate>"
        words = ("N/A", "N/A") if key.used is None else (REGION, "ses")
        result = (
            f"<UserName>{key.user}</UserName><AccessKeyLastUsed>{used}<Region>{words[0]}</Region>"
            f"<ServiceName>{words[1]}</ServiceName></AccessKeyLastUsed>"
        )
    else:
        own = keys[asking].user if asking in keys else ""
        user = form.get("UserName", [own])[0]
        members = "".join(
            f"<member><UserName>{user}</UserName><AccessKeyId>{id_}</AccessKeyId>"
            f"<Status>{key.status}</Status><CreateDate>{key.made}</CreateDate></member>"
            for id_, key in keys.items()
            if key.user == user
        )
        result = f"<AccessKeyMetadata>{members}</AccessKeyMetadata><IsTruncated>false</IsTruncated>"
    return (
        f'<{action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<{action}Result>{result}</{action}Result><ResponseMetadata><RequestId>r</RequestId>"
        f"</ResponseMetadata></{action}Response>"
    )


def statistics_xml(points: Sequence[dict[str, int]] = STATISTICS) -> str:
    """GetSendStatistics of the first version of the API, which speaks XML."""
    members = "".join(
        "<member>"
        + "".join(f"<{name}>{value}</{name}>" for name, value in one.items())
        + f"<Timestamp>2026-11-2{place}T10:00:00Z</Timestamp></member>"
        for place, one in enumerate(points)
    )
    return (
        '<GetSendStatisticsResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">'
        f"<GetSendStatisticsResult><SendDataPoints>{members}</SendDataPoints>"
        "</GetSendStatisticsResult><ResponseMetadata><RequestId>r</RequestId>"
        "</ResponseMetadata></GetSendStatisticsResponse>"
    )


class StandIn:
    """Answers what moto does not; over TLS with a context. Notes what it was asked."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[str] = []
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.account: dict[str, Any] = copy.deepcopy(ACCOUNT)
        self.suppressed: list[dict[str, Any]] = copy.deepcopy(SUPPRESSED)
        self.statistics: list[dict[str, int]] = copy.deepcopy(STATISTICS)
        self.identities: dict[str, dict[str, Any]] = {}
        made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.keys = {KEY: IamKey("tocsin-api", made, made)}
        self.rejects = False
        """Whether every key is refused, as one that was deleted is."""
        self.too_fast = 0
        """So many calls are refused for coming too fast."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.get(self)

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                form = parse_qs(self.rfile.read(length).decode())
                outer.asked.append(form.get("Action", [self.path])[0])
                outer.post(self, form)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if context is None else "https"
        host = "127.0.0.1" if context is None else "localhost"
        self.url = f"{scheme}://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def get(self, request: BaseHTTPRequestHandler) -> None:
        """The second version of the API, and files."""
        parts = urlsplit(request.path)
        if parts.path in self.redirects:
            request.send_response(302)
            request.send_header("Location", self.redirects[parts.path])
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif parts.path in self.files:
            _answer(request, 200, self.files[parts.path], "application/x-pem-file")
        elif (refusal := self._refusal(request)) is not None:
            _answer_json(request, *refusal)
        elif parts.path == "/v2/email/account":
            _answer_json(request, 200, self.account)
        elif (name := unquote(parts.path.removeprefix("/v2/email/identities/"))) in self.identities:
            _answer_json(request, 200, self.identities[name])
        elif parts.path == "/v2/email/suppression/addresses":
            token = parse_qs(parts.query).get("NextToken", [None])[0]
            _answer_json(request, 200, suppressed_page(token, self.suppressed))
        else:
            _answer_json(request, 404, {"message": "nothing is there"}, "NotFoundException")

    def post(self, request: BaseHTTPRequestHandler, form: dict[str, list[str]]) -> None:
        """The first version of the API, and the one call of the second that is a POST."""
        if request.path.startswith("/v2/"):
            refusal = self._refusal(request)
            _answer_json(request, *(refusal or (200, identities_page(self.identities))))
        elif (refusal := self._refusal(request)) is not None:
            code = refusal[2].removesuffix("Exception")
            text = (
                f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error>"
                "<RequestId>r</RequestId></ErrorResponse>"
            )
            _answer(request, refusal[0], text.encode(), "text/xml")
        elif form.get("Action") == ["GetSendStatistics"]:
            _answer(request, 200, statistics_xml(self.statistics).encode(), "text/xml")
        elif form.get("Action", [""])[0] in {"GetAccessKeyLastUsed", "ListAccessKeys"}:
            asking = next((one for one in self.keys if one in request.headers["Authorization"]), "")
            said = keys_xml(self.keys, form, asking)
            missing = (
                "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no such key</Message>"
                "</Error><RequestId>r</RequestId></ErrorResponse>"
            )
            _answer(request, 200 if said else 404, (said or missing).encode(), "text/xml")
        else:
            _answer(request, 500, b"", "text/xml")

    def _refusal(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], str] | None:
        if self.rejects:
            return 403, {"message": "no such key"}, "UnrecognizedClientException"
        if self.too_fast > 0:
            self.too_fast -= 1
            return 429, {"message": "Rate exceeded"}, "TooManyRequestsException"
        return _refusal(request)


def _refusal(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], str] | None:
    authorization = request.headers.get("Authorization", "")
    if DENIED in authorization:
        return 403, {"message": "User is not authorized"}, "AccessDeniedException"
    if EXPIRED in authorization:
        return 403, {"message": "The token has expired"}, "ExpiredTokenException"
    return None


def _answer_json(
    request: BaseHTTPRequestHandler, status: int, said: object, error: str | None = None
) -> None:
    extra = {} if error is None else {"x-amzn-ErrorType": error}
    _answer(request, status, json.dumps(said).encode(), "application/json", extra)


def _answer(
    request: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    type_: str,
    extra: dict[str, str] | None = None,
) -> None:
    request.send_response(status)
    for name, value in {"Content-Type": type_, **(extra or {})}.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def notification(message: object, cert_url: str, **said: str) -> dict[str, Any]:
    """An SNS notification that is not signed yet."""
    return {
        "Type": "Notification",
        "MessageId": "11111111-2222-3333-4444-555555555555",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SignatureVersion": "1",
        "SigningCertURL": cert_url,
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        **said,
    }


def confirmation(cert_url: str, subscribe_url: str, **said: str) -> dict[str, Any]:
    """The first message of a new subscription, not signed yet."""
    return {
        **notification("You have chosen to subscribe.", cert_url),
        "Type": "SubscriptionConfirmation",
        "MessageId": "99999999-2222-3333-4444-555555555555",
        "Token": "2336412f37",
        "SubscribeURL": subscribe_url,
        **said,
    }


_SIGNED = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn")


def signed(message: dict[str, Any], key: Any) -> dict[str, Any]:
    """The message with its signature, made as SNS documents it."""
    digest = hashes.SHA1() if message["SignatureVersion"] == "1" else hashes.SHA256()
    names = [one for one in (*_SIGNED, "Type") if one in message]
    text = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
    made = key.sign(text, padding.PKCS1v15(), digest)
    return {**message, "Signature": base64.b64encode(made).decode()}


def bounce(ses_id: str, *addresses: str, type_: str = "Permanent", **said: Any) -> dict[str, Any]:
    """A bounce as event publishing tells it."""
    return {
        "eventType": "Bounce",
        "mail": {"timestamp": "2026-11-24T09:59:58.000Z", "messageId": ses_id, **said},
        "bounce": {
            "bounceType": type_,
            "bounceSubType": "General",
            "timestamp": "2026-11-24T10:00:00.000Z",
            "feedbackId": "0100-1",
            "bouncedRecipients": [
                {
                    "emailAddress": one,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }
                for one in addresses
            ],
        },
    }


def delivered(ses_id: str, *addresses: str) -> dict[str, Any]:
    """A delivery as event publishing tells it."""
    return {
        "eventType": "Delivery",
        "mail": {"timestamp": "2026-11-24T09:59:58.000Z", "messageId": ses_id},
        "delivery": {
            "timestamp": "2026-11-24T09:59:59.000Z",
            "processingTimeMillis": 900,
            "recipients": list(addresses),
            "smtpResponse": "250 2.0.0 OK queued",
            "reportingMTA": "a8-70.smtp-out.amazonses.com",
        },
    }


def complaint(ses_id: str, *addresses: str) -> dict[str, Any]:
    """A complaint as an identity's notification tells it."""
    return {
        "notificationType": "Complaint",
        "mail": {"timestamp": "2026-11-24T09:59:58.000Z", "messageId": ses_id},
        "complaint": {
            "timestamp": "2026-11-24T11:00:00.000Z",
            "complaintFeedbackType": "abuse",
            "complaintSubType": None,
            "complainedRecipients": [{"emailAddress": one} for one in addresses],
        },
    }
