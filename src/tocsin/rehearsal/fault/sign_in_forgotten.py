"""A relay that does not know any more who is signed in."""

from __future__ import annotations

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal import words
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.script import Say, Script


class SignInForgotten(Fault):
    """A relay that does not know any more who is signed in."""

    name = "sign-in-forgotten"
    summary = "answers MAIL with 530 Authentication required"
    code = "auth.required"
    at = Step.MAIL
    bars = True

    def play(self, step: Step | None, script: Script) -> Script:
        """A refusal in place of the answer."""
        return [Say(words.NEED_AUTH)] if step is Step.MAIL else script
