"""Clients of the API of AWS: botocore knows the calls and signs them, our wire carries them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from tocsin.base.secret import Secret
from tocsin.faults.fault import Finding
from tocsin.ses.wire import AwsFailure, Wire

if TYPE_CHECKING:
    from botocore.client import BaseClient

__all__ = ["Aws", "AwsFailure", "NotAllowed"]

_PREFIX = {"sesv2": "ses", "ses": "ses", "iam": "iam", "sqs": "sqs", "sns": "sns"}
"""Service of botocore → how its IAM actions begin."""

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
)
_REJECTED: Mapping[str, str] = {
    "ExpiredToken": "it was made for a while, which is over",
    "ExpiredTokenException": "it was made for a while, which is over",
    "InvalidClientTokenId": "no such access key exists",
    "UnrecognizedClientException": "no such access key exists",
    "InvalidAccessKeyId": "no such access key exists",
    "SignatureDoesNotMatch": "the secret is not that of this access key",
    "InvalidSignatureException": "the secret is not that of this access key",
    "IncompleteSignature": "the signature was taken for damaged",
    "RequestExpired": "the clocks are too far apart",
    "MissingAuthenticationToken": "no key was given",
}
_TOO_FAST = "aws.throttled"
_SLOWER = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})
_PATIENCE_S = (1.0, 2.0)
"""Waits after a call that came too fast. All calls of SES but those that send share one a second
(SES developer guide, "Service quotas"), and a look makes several."""
_THEIR_TROUBLE = 500


class NotAllowed(AwsFailure):
    """The key's policy does not allow a call; `action` is the IAM action that is missing."""

    def __init__(self, host: str, action: str) -> None:
        super().__init__(Finding("aws.not-permitted", {"host": host, "action": action}))
        self.action = action


@dataclass(frozen=True)
class Aws:
    """An account of AWS in one region, asked with one key.

    `endpoint_url` stands in place of every endpoint of AWS, for stand-ins.
    """

    region: str
    access_key: str
    secret_key: Secret
    wire: Wire
    endpoint_url: str | None = None
    _clients: dict[tuple[str, float | None], BaseClient] = field(
        default_factory=dict, repr=False, compare=False
    )

    def call(
        self, service: str, operation: str, *, read_s: float | None = None, **given: Any
    ) -> dict[str, Any]:
        """What AWS answers to a call, by its name in the API (``GetAccount``).

        Raises:
            NotAllowed: the key may not.
            AwsFailure: it did not come about for another reason.
        """
        # 200 ms and 30 MiB that a manager without a key never needs.
        from botocore import xform_name  # noqa: PLC0415
        from botocore.exceptions import ClientError  # noqa: PLC0415
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        with _making:  # botocore makes clients in one thread at a time; they serve in many
            client = self._clients.get((service, read_s)) or self._client(service, read_s)
            self._clients[service, read_s] = client
        for pause in (*_PATIENCE_S, None):
            try:
                answer: dict[str, Any] = getattr(client, xform_name(operation))(**given)
                break
            except ClientError as error:
                failure = self._failure(client, service, operation, error.response)
                if pause is None or failure.finding.code != _TOO_FAST:
                    raise failure from None
                time.sleep(pause)
            except ResponseParserError:
                raise _unreadable(client, service, operation) from None
        # Of JSON that is none botocore makes an empty answer, which would read as "no" to all.
        if any(name not in answer for name in _ALWAYS.get(operation, ())):
            raise _unreadable(client, service, operation)
        return answer

    def pages(
        self, service: str, operation: str, token: str, **given: Any
    ) -> Iterator[dict[str, Any]]:
        """The answers to a call that gives a long list in parts; `token` names the next one.

        Raises: as `call`.
        """
        more: dict[str, Any] = {}
        for _ in range(_MOST_PAGES):
            answer = self.call(service, operation, **given, **more)
            yield answer
            if not answer.get(token) or answer.get(token) == more.get(token):
                return
            more = {token: answer[token]}

    def _client(self, service: str, read_s: float | None) -> BaseClient:
        from botocore.awsrequest import AWSResponse  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        client = _session().create_client(
            service,
            region_name=self.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key.reveal(),
            endpoint_url=self.endpoint_url,
            config=Config(
                proxies={},
                retries={"total_max_attempts": 1, "mode": "standard"},
                ignore_configured_endpoint_urls=True,
                user_agent="tocsin",
            ),
        )
        timeout = {} if read_s is None else {"read_s": read_s}

        def send(request: Any, **_: object) -> Any:
            body = request.body.encode() if isinstance(request.body, str) else request.body
            headers = {
                name: value.decode() if isinstance(value, bytes) else str(value)
                for name, value in request.headers.items()
            }
            answer = self.wire.ask(
                request.method, request.url, headers=headers, body=body, **timeout
            )
            return AWSResponse(request.url, answer.status, answer.headers, answer)

        client.meta.events.register("before-send", send)
        return client

    def _failure(self, client: BaseClient, service: str, operation: str, answer: Any) -> AwsFailure:
        facts = _asked(client, service, operation)
        error = answer.get("Error", {})
        code = str(error.get("Code", "")).removeprefix("AWS.SimpleQueueService.")
        if code in _DENIED:
            return NotAllowed(facts["host"], facts["action"])
        if code in _REJECTED:
            return AwsFailure(
                Finding("aws.credentials-rejected", {**facts, "reason": _REJECTED[code]})
            )
        if code in _SLOWER:
            return AwsFailure(Finding(_TOO_FAST, facts))
        said = str(error.get("Message") or code)[:300]
        status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        known = "aws.unavailable" if status >= _THEIR_TROUBLE else "aws.refused"
        return AwsFailure(Finding(known, {**facts, "reason": said, "error": code}))


_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "GetAccount": ("SendingEnabled", "ProductionAccessEnabled"),
    "GetEmailIdentity": ("VerifiedForSendingStatus",),
}
"""Call → what stands in every answer to it that is one."""


def _unreadable(client: BaseClient, service: str, operation: str) -> AwsFailure:
    """A page of a proxy, or of AWS itself in trouble, in place of what the API says."""
    facts = {**_asked(client, service, operation), "reason": "its answer cannot be read"}
    return AwsFailure(Finding("aws.unavailable", facts))


def _asked(client: BaseClient, service: str, operation: str) -> dict[str, str]:
    """Who was asked for what."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    host = urlsplit(client.meta.endpoint_url).hostname or "AWS"
    return {"host": host, "action": f"{_PREFIX[service]}:{operation}"}


_MOST_PAGES = 200


_making = threading.Lock()


@cache
def _session() -> Any:
    """A session that reads nothing of the environment, of nobody's home and of no machine."""
    from botocore.session import Session  # noqa: PLC0415

    return Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
            "ca_bundle": (None, None, None, None),
            "data_path": (None, None, None, None),
            "use_fips_endpoint": (None, None, False, None),
            "use_dualstack_endpoint": (None, None, False, None),
        }
    )
