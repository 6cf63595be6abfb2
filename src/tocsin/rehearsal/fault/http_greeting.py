"""A proxy, or the HTTPS API, in the place of the endpoint."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import End, Say, Script


class HttpGreeting(Fault):
    """A proxy, or the HTTPS API, in the place of the endpoint."""

    name = "http-greeting"
    summary = "answers as a web server does"
    code = "smtp.not-smtp"
    at = Step.GREETING
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """The words of another protocol."""
        return (
            [Say(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), End.CLOSE]
            if step is Step.GREETING
            else script
        )
