"""Which program printed a text, by the words that only it uses."""

from __future__ import annotations

from tocsin.faults.printed.said import ANY
from tocsin.faults.text.given import Given

_SIGNS = (
    ("Postfix", ("postfix/", "(in reply to ", "status=deferred", "status=bounced")),
    ("Exim", ("t=remote_smtp", "r=smarthost", "smtp error from remote mail server", "h=smtp")),
    ("Alertmanager", ("alertmanager", "integration=email", "notify retry canceled")),
    ("Grafana", ("logger=alerting", "grafana")),
    ("Java Mail", ("javax.mail", "jakarta.mail", "com.sun.mail", "smtpsendfailedexception",
                   "org.eclipse.angus")),
    ("Java", ("java.net.", "javax.net.ssl", "suncertpathbuilder", "sun.security", "\nat java")),
    ("aiosmtplib", ("aiosmtplib",)),
    ("Python", ("smtplib.", "_ssl.c:", "traceback (most recent call last)", "socket.gaierror")),
    ("msmtp", ("msmtp:",)),
    ("swaks", ("=== trying", "<** ", "*** no authentication type", "=== connected to")),
    ("curl", ("curl: (",)),
    ("GnuTLS", ("gnutls_handshake", "*** fatal error:", "- status: the certificate")),
    ("MailKit", ("mailkit.",)),
    (".NET", ("system.net.", "system.security.authentication", "system.io.ioexception")),
    ("PHP", ("phpmailer", "swift_", "symfony\\component", "stream_socket_", "smtp error: ")),
    ("Node.js", ("nodemailer", "code: 'e", "node:net", "smtpconnection", "errno: -")),
    ("Ruby", ("net::smtp", "openssl::ssl", "net/smtp.rb")),
    ("gomail", ("gomail:",)),
    ("Go", ("dial tcp", "x509:", " tls: ", "net/smtp")),
    ("sendmail", ("sendmail[", "stat=deferred", "sm-mta[")),
    ("OpenSSL", ("verify error:num=", "verify return code:", "ssl routines:")),
)  # fmt: skip


def program_of(given: Given, matched: str) -> str:
    """The program by its signs, else the one whose words were found; empty when neither."""
    for program, signs in _SIGNS:
        if any(sign in given.low for sign in signs):
            return program
    return "" if matched in {ANY, "OpenSSL", "Translated logs", ""} else matched
