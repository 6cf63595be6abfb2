"""HTTP to AWS over Tocsin's own TLS: the trust store alone decides whom we speak to.

No redirects, no proxies, nothing of the environment. What fails on the way is the same
fault that mail would meet there: dns, tcp or tls.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions

from tocsin.faults.fault import Finding
from tocsin.mail.relay.fault import LocalTrouble, trouble_of_connect, trouble_of_lookup
from tocsin.trust.anchor import Anchor
from tocsin.trust.context import client_context
from tocsin.trust.policy import DEFAULT_POLICY, CipherPolicy
from tocsin.trust.probe import Target, probe

CONNECT_S = 10.0
READ_S = 30.0
LARGEST_ANSWER = 8 * 1024 * 1024
_PART = 64 * 1024


class AwsFailure(Exception):
    """AWS could not be asked, or did not do it; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """The body in one part: what botocore reads of a connection."""
        yield self.body


class Wire:
    """Asks servers that the trust store vouches for."""

    def __init__(self, anchors: Sequence[Anchor], policy: CipherPolicy = DEFAULT_POLICY) -> None:
        self._anchors = tuple(anchors)
        self._context = client_context(self._anchors, policy)

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        read_s: float = READ_S,
    ) -> Answer:
        """One request over a connection of its own.

        Raises:
            AwsFailure: no answer came, or one that is too large.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        timeout = urllib3.Timeout(connect=CONNECT_S, read=read_s)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        with self._pool(parts.scheme, host, port, timeout) as pool:
            try:
                response = pool.request(
                    method,
                    target,
                    body=body,
                    headers=dict(headers or {}),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                    decode_content=True,
                )
                content = _read(response, host, port)
            except (exceptions.HTTPError, OSError) as error:
                raise AwsFailure(self._finding(error, host, port)) from error
        return Answer(response.status, dict(response.headers), content)

    def _pool(
        self, scheme: str, host: str, port: int, timeout: urllib3.Timeout
    ) -> urllib3.HTTPConnectionPool:
        if scheme == "https":
            return urllib3.HTTPSConnectionPool(
                host, port, timeout=timeout, maxsize=1, ssl_context=self._context
            )
        return urllib3.HTTPConnectionPool(host, port, timeout=timeout, maxsize=1)

    def _finding(self, error: Exception, host: str, port: int) -> Finding:
        facts = {"host": host, "port": str(port)}
        cause = error.__cause__ or error.__context__
        match error:
            case exceptions.NameResolutionError() if isinstance(cause, OSError | UnicodeError):
                trouble = trouble_of_lookup(cause)
                return Finding(trouble.code, {**facts, "reason": trouble.words})
            case exceptions.SSLError():
                return self._tls_finding(host, port, str(cause or error))
            # One that is not a timeout: urllib3 makes it a kind of timeout all the same.
            case exceptions.NewConnectionError() if isinstance(cause, OSError):
                found: LocalTrouble = trouble_of_connect(cause, host, CONNECT_S)
                return Finding(found.code, {**facts, "address": host, "reason": found.words})
            case exceptions.ConnectTimeoutError():
                return Finding("tcp.timeout", {**facts, "address": host})
        return Finding("aws.unavailable", {**facts, "action": "a call", "reason": _words(error)})

    def _tls_finding(self, host: str, port: int, words: str) -> Finding:
        """The reason that the mail path would give: the server is looked at once more."""
        try:
            found = asyncio.run(self._look(host, port))
        except OSError:
            found = None
        dropped = {"host": host, "port": str(port), "reason": words}
        return found or Finding("tls.handshake-dropped", dropped)

    async def _look(self, host: str, port: int) -> Finding | None:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
        until = asyncio.get_running_loop().time() + CONNECT_S
        target = Target(host, str(address), port, "smtps", CONNECT_S, until)
        return (await probe(target, self._context, self._anchors)).finding


def _read(response: urllib3.BaseHTTPResponse, host: str, port: int) -> bytes:
    parts, length = [], 0
    for part in response.stream(_PART):
        parts.append(part)
        length += len(part)
        if length > LARGEST_ANSWER:
            facts = {"host": host, "port": str(port), "reason": "the answer is too large"}
            raise AwsFailure(Finding("aws.unavailable", facts))
    return b"".join(parts)


def _words(error: Exception) -> str:
    """What happened, without the object that it happened to."""
    if isinstance(error, exceptions.ReadTimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, exceptions.ProtocolError | ssl.SSLError | OSError):
        return "the connection was closed in the middle"
    return type(error).__name__
