""".NET: System.Net.Mail, SslStream, MailKit."""

from __future__ import annotations

from tocsin.faults.printed.lumped import NO_PATH, WHATEVER
from tocsin.faults.printed.said import of

_say = of(".NET")
_mail = of(".NET", anywhere=False)

PRINTED = (
    _say(
        "tls.untrusted-issuer",
        "The remote certificate is invalid according to the validation procedure",
        "System.Security.Authentication.AuthenticationException: The remote "
        "certificate is invalid according to the validation procedure.",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.name-mismatch",
        "The remote certificate is invalid {}RemoteCertificateNameMismatch",
        "System.Security.Authentication.AuthenticationException: The remote certificate is "
        "invalid according to the validation procedure: RemoteCertificateNameMismatch",
    ),
    _say(
        "tls.untrusted-issuer",
        "PartialChain",
        "The remote certificate is invalid because of "
        "errors in the certificate chain: PartialChain",
        *NO_PATH,
    ),
    _say(
        "tls.untrusted-issuer",
        "UntrustedRoot",
        "The remote certificate is invalid because of "
        "errors in the certificate chain: UntrustedRoot",
        "tls.self-signed",
        "tls.intercepted",
    ),
    _say(
        "tls.expired",
        "errors in the certificate chain: NotTimeValid",
        "The remote certificate "
        "is invalid because of errors in the certificate chain: NotTimeValid",
        "tls.not-yet-valid",
    ),
    _say(
        "tls.revoked",
        "errors in the certificate chain: Revoked",
        "The remote certificate is invalid because of errors in the certificate chain: Revoked",
    ),
    _say(
        "tls.wrong-purpose",
        "errors in the certificate chain: NotValidForUsage",
        "The remote certificate is invalid because of errors in the certificate chain: "
        "NotValidForUsage",
    ),
    _say(
        "tls.untrusted-issuer",
        "RemoteCertificateChainErrors",
        "The remote certificate was "
        "rejected by the provided RemoteCertificateValidationCallback: "
        "RemoteCertificateChainErrors",
        *WHATEVER,
        vague=True,
    ),
    _say(
        "tls.handshake-dropped",
        "Authentication failed because the remote party has closed the transport stream",
        "System.IO.IOException: Authentication failed because the "
        "remote party has closed the transport stream.",
    ),
    _say(
        "tls.no-shared-cipher",
        "sent a TLS alert: 'HandshakeFailure'",
        "Authentication failed because the remote party sent a TLS alert: 'HandshakeFailure'.",
        "tls.client-certificate-required",
        "tls.version-too-old",
    ),
    _say(
        "tls.version-too-old",
        "sent a TLS alert: 'ProtocolVersion'",
        "Authentication failed because the remote party sent a TLS alert: 'ProtocolVersion'.",
    ),
    _say(
        "tls.wrong-mode",
        "The handshake failed due to an unexpected packet format",
        "System.IO.IOException: The handshake failed due to an unexpected packet format.",
        "smtp.not-smtp",
    ),
    _say(
        "tls.wrong-mode",
        "Cannot determine the frame size or a corrupted frame was received",
        "System.Security.Authentication.AuthenticationException: Cannot determine the frame "
        "size or a corrupted frame was received.",
        "smtp.not-smtp",
    ),
    _mail(
        "smtp.starttls-missing",
        "The SMTP server does not support the STARTTLS extension",
        "System.NotSupportedException: The SMTP server does not support the STARTTLS extension.",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "smtp.starttls-missing",
        "Server does not support secure connections",
        "System.Net.Mail.SmtpException: Server does not support secure connections.",
        "smtp.masked-by-firewall",
    ),
    _mail(
        "auth.not-offered",
        "The SMTP server does not support authentication",
        "System.NotSupportedException: The SMTP server does not support authentication.",
    ),
    _mail(
        "auth.required",
        "The SMTP server requires a secure connection or the client was not authenticated",
        "System.Net.Mail.SmtpException: The SMTP server requires a secure "
        "connection or the client was not authenticated.",
        "smtp.starttls-required",
        "auth.rejected",
        vague=True,
    ),
    _mail(
        "smtp.recipient-refused",
        "Mailbox unavailable. The server response was",
        "System.Net.Mail.SmtpException: Mailbox unavailable. The server response was: no",
        "smtp.sender-refused",
        "smtp.relay-denied",
        "smtp.content-rejected",
        vague=True,
    ),
    _mail(
        "smtp.relay-denied",
        "The server response was: {}Unable to relay",
        "System.Net.Mail.SmtpFailedRecipientException: Mailbox unavailable. The server "
        "response was: 5.7.1 Unable to relay",
    ),
    _mail(
        "smtp.temporary",
        "Service not available, closing transmission channel. The server response was",
        "System.Net.Mail.SmtpException: Service not available, closing "
        "transmission channel. The server response was: 4.3.0 try later",
    ),
    _mail(
        "smtp.message-too-large",
        "Exceeded storage allocation",
        "System.Net.Mail.SmtpException: Exceeded storage allocation. The server response was: "
        "5.3.4 too big",
    ),
    _mail(
        "smtp.timeout",
        "SmtpException: The operation has timed out",
        "System.Net.Mail.SmtpException: The operation has timed out.",
        "tcp.timeout",
        "smtp.banner-timeout",
        "tls.wrong-mode",
    ),
    _mail(
        "smtp.closed-early",
        "The SMTP server has unexpectedly disconnected",
        "MailKit.Net.Smtp.SmtpProtocolException: The SMTP server has unexpectedly disconnected.",
        "smtp.temporary",
        vague=True,
    ),
    _say(
        "dns.not-found",
        "SocketException (11001)",
        "System.Net.Sockets.SocketException (11001): No such host is known.",
    ),
    _say(
        "dns.timeout",
        "SocketException (11002)",
        "System.Net.Sockets.SocketException (11002): This is usually a temporary error during "
        "hostname resolution",
    ),
    _say(
        "tcp.refused",
        "SocketException (10061)",
        "System.Net.Sockets.SocketException (10061): No connection could be made because the "
        "target machine actively refused it.",
    ),
    _say(
        "tcp.timeout",
        "SocketException (10060)",
        "System.Net.Sockets.SocketException (10060): "
        "A connection attempt failed because the connected party did not properly respond after "
        "a period of time",
    ),
    _say(
        "dns.not-found",
        "The remote name could not be resolved: '{host}'",
        "System.Net.WebException: The remote name could not be resolved: "
        "'email-smtp.example.invalid'",
        "dns.timeout",
    ),
    _mail(
        "smtp.sender-refused",
        "does not have permissions to send as this sender",
        "System.Net.Mail.SmtpException: Mailbox unavailable. The server response was: 5.7.60 "
        "Client does not have permissions to send as this sender",
    ),
)
