"""Signing in (RFC 4954): one file for each mechanism, and one that chooses among them."""

from tocsin.mail.smtp.sasl.account import MECHANISMS, Login
from tocsin.mail.smtp.sasl.choice import choose
from tocsin.mail.smtp.sasl.mechanism import Mechanism, Response, Work

__all__ = ["MECHANISMS", "Login", "Mechanism", "Response", "Work", "choose"]
