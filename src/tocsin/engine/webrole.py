"""The web role: pages and API, served over HTTPS by granian."""

from __future__ import annotations

import io
import threading
import time
from typing import Any

import structlog

from tocsin.base.files import write_atomically
from tocsin.base.home import Home
from tocsin.engine.access import first_administrator
from tocsin.engine.deathwatch import end_with_parent
from tocsin.engine.firstpassword import first_password_file
from tocsin.engine.readiness import announce
from tocsin.engine.role import RunningRole

ROLE = "web"
_REPORT_EVERY_S = 1.0

_log = structlog.get_logger(ROLE)


def run(home: Home, host: str, port: int, *, plain: bool) -> None:
    """Serve until SIGTERM; with `plain` over HTTP, for loopback and reverse proxies.

    Raises:
        AlreadyRunning: this home has a web role.
    """
    end_with_parent()
    role = RunningRole(home, ROLE)
    role.take_place()
    password = first_administrator()
    if password is not None:
        write_atomically(first_password_file(home), password.reveal().encode() + b"\n", mode=0o600)
    if not plain:
        from tocsin.engine.webcertificate import make_certificate  # noqa: PLC0415

        make_certificate(home, host)
    _serve(home, role, host, port, plain=plain)


def _serve(home: Home, role: RunningRole, host: str, port: int, *, plain: bool) -> None:
    # Loaded before the worker is forked: it starts at once and shares the pages.
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415
    from granian.constants import HTTPModes, Interfaces, SSLProtocols  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    application = get_wsgi_application()
    _warm_up(application)
    # A connection must not be used on both sides of a fork.
    connections.close_all()

    server = Server(
        "tocsin.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        backpressure=256,
        http=HTTPModes.http1,
        log_enabled=False,
        ssl_cert=None if plain else home.certificate,
        ssl_key=None if plain else home.certificate_key,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=3,
    )

    def load() -> Any:
        end_with_parent(always=True)
        threading.Thread(target=_report, args=(role,), name="report", daemon=True).start()
        announce(ROLE)
        return application

    server.serve(target_loader=load, wrap_loader=False)


def _warm_up(application: Any) -> None:
    """Answer one request in process, so that the first real one waits for no import."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/healthz",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }
    application(environ, lambda *_: None)


def _report(role: RunningRole) -> None:
    """Say every few seconds that the role is there, and which version it answers with."""
    from django.db import DatabaseError, close_old_connections  # noqa: PLC0415

    from tocsin.engine.configuration import current_number  # noqa: PLC0415

    while True:
        try:
            role.report(applied_version=current_number(), ready=True)
        except DatabaseError as error:
            _log.error("store does not answer", error=str(error))
            close_old_connections()
        time.sleep(_REPORT_EVERY_S)
