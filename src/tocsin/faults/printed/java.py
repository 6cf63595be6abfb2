"""Java: Jakarta Mail (once JavaMail) and plain JSSE."""

from __future__ import annotations

from tocsin.faults.printed.lumped import ALERT, NO_PATH_AT_ALL
from tocsin.faults.printed.said import of

_say = of("Java")
_mail = of("Java Mail", anywhere=False)

PRINTED = (
    _say(
        "tls.untrusted-issuer",
        "unable to find valid certification path to requested target",
        "sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid "
        "certification path to requested target",
        *NO_PATH_AT_ALL,
    ),
    _say(
        "tls.untrusted-issuer",
        "PKIX path building failed",
        "sun.security.validator.ValidatorException: PKIX path building failed",
        *NO_PATH_AT_ALL,
        vague=True,
    ),
    _say(
        "tls.untrusted-issuer",
        "the trustAnchors parameter must be non-empty",
        "java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be "
        "non-empty",
    ),
    _say(
        "tls.untrusted-issuer",
        "No trusted certificate found",
        "sun.security.validator.ValidatorException: No trusted certificate found",
        *NO_PATH_AT_ALL,
    ),
    _say(
        "tls.expired",
        "NotAfter: {expires}",
        "java.security.cert.CertificateExpiredException: NotAfter: Tue Nov 24 10:00:00 UTC 2026\n",
    ),
    _say("tls.expired", "CertificateExpiredException"),
    _say(
        "tls.not-yet-valid",
        "NotBefore: {not_before}",
        "java.security.cert.CertificateNotYetValidException: NotBefore: Sat Nov 28 10:00:00 UTC "
        "2026\n",
    ),
    _say("tls.not-yet-valid", "CertificateNotYetValidException"),
    _say(
        "tls.expired",
        "PKIX path validation failed:{}validity check failed",
        "PKIX path validation failed: java.security.cert.CertPathValidatorException: validity "
        "check failed",
        "tls.not-yet-valid",
    ),
    _say(
        "tls.invalid-chain",
        "PKIX path validation failed",
        "sun.security.validator.ValidatorException: PKIX path validation failed: "
        "java.security.cert.CertPathValidatorException: basic constraints check failed: this is "
        "not a CA certificate",
        "tls.expired",
        "tls.not-yet-valid",
        "tls.revoked",
        "tls.weak-key",
        "tls.weak-signature",
        vague=True,
    ),
    _say(
        "tls.invalid-chain",
        "basic constraints check failed",
        "CertPathValidatorException: basic constraints check failed: this is not a CA certificate",
    ),
    _say(
        "tls.invalid-chain",
        "signature check failed",
        "java.security.cert.CertPathValidatorException: signature check failed",
    ),
    _say("tls.revoked", "CertificateRevokedException"),
    _say(
        "tls.revoked",
        "Certificate has been revoked",
        "java.security.cert.CertificateRevokedException: Certificate has been revoked, reason: "
        "KEY_COMPROMISE",
    ),
    _say(
        "tls.weak-key",
        "Algorithm constraints check failed on keysize limits",
        "java.security.cert.CertPathValidatorException: Algorithm constraints check failed on "
        "keysize limits: RSA 512 bit key used with certificate",
    ),
    _say(
        "tls.weak-signature",
        "Algorithm constraints check failed on signature algorithm",
        "CertPathValidatorException: Algorithm constraints check failed on signature algorithm: "
        "MD5withRSA",
    ),
    _say(
        "tls.weak-signature",
        "Algorithm constraints check failed on disabled algorithm",
        "CertPathValidatorException: Algorithm constraints check failed on disabled algorithm: "
        "SHA1 used with certificate",
    ),
    _say(
        "tls.wrong-purpose",
        "Extended key usage does not permit use for TLS server",
        "sun.security.validator.ValidatorException: Extended key usage does not permit use for "
        "TLS server authentication",
    ),
    _say(
        "tls.name-mismatch",
        "No subject alternative DNS name matching {host} found",
        "java.security.cert.CertificateException: No subject alternative DNS name matching "
        "mail.example.com found.",
    ),
    _say(
        "tls.name-mismatch",
        "No name matching {host} found",
        "java.security.cert.CertificateException: No name matching mail.example.com found",
    ),
    _say(
        "tls.name-mismatch",
        "No subject alternative names matching IP address {host} found",
        "java.security.cert.CertificateException: No subject alternative names matching IP "
        "address 192.0.2.25 found",
    ),
    _say(
        "tls.name-mismatch",
        "No subject alternative names present",
        "java.security.cert.CertificateException: No subject alternative names present",
    ),
    _mail(
        "tls.name-mismatch",
        "Can't verify identity of server: {host}",
        "javax.mail.MessagingException: Can't verify identity of server: mail.example.com",
    ),
    _say(
        "tls.wrong-mode",
        "Unsupported or unrecognized SSL message",
        "javax.net.ssl.SSLException: Unsupported or unrecognized SSL message",
    ),
    _say(
        "tls.wrong-mode",
        "Unrecognized SSL message, plaintext connection",
        "javax.net.ssl.SSLException: Unrecognized SSL message, plaintext connection?",
    ),
    _say(
        "tls.dh-too-small",
        "DH ServerKeyExchange does not comply to algorithm constraints",
        "javax.net.ssl.SSLHandshakeException: DH ServerKeyExchange does not comply to algorithm "
        "constraints",
    ),
    _say(
        "tls.dh-too-small",
        "Could not generate DH keypair",
        "javax.net.ssl.SSLException: java.lang.RuntimeException: Could not generate DH keypair",
    ),
    _say(
        "tls.no-shared-cipher",
        "Received fatal alert: handshake_failure",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        *ALERT,
    ),
    _say("tls.no-shared-cipher", "Received fatal alert: insufficient_security"),
    _say(
        "tls.no-shared-cipher",
        "No appropriate protocol (protocol is disabled or cipher suites are inappropriate)",
        "",
        "tls.version-too-old",
    ),
    _say(
        "tls.version-too-old",
        "Received fatal alert: protocol_version",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: protocol_version",
    ),
    _say(
        "tls.version-too-old",
        "The server selected protocol version {} is not accepted",
        "javax.net.ssl.SSLHandshakeException: The server selected protocol version TLS10 is not "
        "accepted by client preferences [TLS13, TLS12]",
    ),
    _say(
        "tls.client-certificate-required",
        "Received fatal alert: certificate_required",
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required",
    ),
    _say(
        "tls.client-certificate-required",
        "Received fatal alert: bad_certificate",
        "",
        "tls.untrusted-issuer",
    ),
    _say(
        "tls.handshake-dropped",
        "Remote host terminated the handshake",
        "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake",
    ),
    _say(
        "tls.handshake-dropped",
        "Remote host closed connection during handshake",
        "javax.net.ssl.SSLHandshakeException: Remote host closed connection during handshake",
    ),
    _say(
        "tls.handshake-dropped",
        "SSL peer shut down incorrectly",
        "java.io.EOFException: SSL peer shut down incorrectly",
        "smtp.closed-early",
        vague=True,
    ),
    _say(
        "dns.not-found",
        "UnknownHostException: {host}",
        "java.net.UnknownHostException: email-smtp.example.invalid\n",
        "dns.timeout",
    ),
    _mail(
        "dns.not-found",
        "Unknown SMTP host: {host};",
        "javax.mail.MessagingException: Unknown SMTP host: email-smtp.example.invalid;",
        "dns.timeout",
    ),
    _say(
        "dns.not-found",
        "UnknownHostException",
        "java.net.UnknownHostException",
        "dns.timeout",
        vague=True,
    ),
    _say(
        "tcp.timeout",
        "SocketTimeoutException: connect timed out",
        "java.net.SocketTimeoutException: connect timed out",
    ),
    _say(
        "smtp.timeout",
        "SocketTimeoutException: Read timed out",
        "java.net.SocketTimeoutException: Read timed out",
        "smtp.banner-timeout",
        "tls.wrong-mode",
        "tls.handshake-dropped",
    ),
    _mail(
        "smtp.banner-timeout",
        "Exception reading response;{}Read timed out",
        "javax.mail.MessagingException: Exception reading response;\n  nested exception is:\n"
        "\tjava.net.SocketTimeoutException: Read timed out",
        "smtp.timeout",
        "tls.wrong-mode",
    ),
    _mail(
        "smtp.closed-early",
        "Can't send command to SMTP host",
        "javax.mail.MessagingException: Can't send command to SMTP host",
        "smtp.temporary",
        "tls.client-certificate-required",
        "tls.handshake-dropped",
        "tls.untrusted-issuer",
        vague=True,
    ),
    _mail(
        "smtp.closed-early",
        "Got bad greeting from SMTP host: {host}, port: {port}, response: [EOF]",
        "javax.mail.MessagingException: Got bad greeting from SMTP host: "
        "mail.example.com, port: 25, response: [EOF]",
    ),
    _mail(
        "smtp.closed-early",
        "Could not connect to SMTP host: {host}, port: {port}, response: -1",
        "javax.mail.MessagingException: Could not connect to SMTP host: "
        "mail.example.com, port: 25, response: -1",
    ),
    _mail(
        "smtp.closed-early", "[EOF]", "com.sun.mail.smtp.SMTPSendFailedException: [EOF]", vague=True
    ),
    _mail(
        "smtp.too-many-connections",
        "Could not connect to SMTP host: {host}, port: {port}, response: 421",
        "javax.mail.MessagingException: Could not connect to SMTP host: "
        "mail.example.com, port: 25, response: 421",
        "smtp.temporary",
    ),
    _mail(
        "smtp.greeting-refused",
        "Could not connect to SMTP host: {host}, port: {port}, response: 5",
        "javax.mail.MessagingException: Could not connect to SMTP host: "
        "mail.example.com, port: 25, response: 554",
    ),
    _mail(
        "smtp.not-smtp",
        "Got bad greeting from SMTP host: {host}, port: {port}, response: SSH-",
        "javax.mail.MessagingException: Got bad greeting from SMTP host: "
        "mail.example.com, port: 22, response: SSH-2.0-OpenSSH_9.2",
    ),
    _mail(
        "smtp.not-smtp",
        "Got bad greeting from SMTP host: {host}, port: {port}, response: HTTP/",
        "javax.mail.MessagingException: Got bad greeting from SMTP host: "
        "mail.example.com, port: 80, response: HTTP/1.1 400 Bad Request",
    ),
    _mail(
        "smtp.not-smtp",
        "Got bad greeting from SMTP host: {host}, port: {port}, response: *",
        "javax.mail.MessagingException: Got bad greeting from SMTP host: mail.example.com, "
        "port: 143, response: * OK IMAP4rev1 ready",
    ),
    _mail(
        "smtp.not-smtp",
        "Got bad greeting from SMTP host: {host}, port: {port}, response: +OK",
        "javax.mail.MessagingException: Got bad greeting from SMTP host: mail.example.com, "
        "port: 110, response: +OK POP3 ready",
    ),
    _mail(
        "smtp.starttls-missing",
        "STARTTLS is required but host does not support STARTTLS",
        "javax.mail.MessagingException: STARTTLS is required but host does not support STARTTLS",
    ),
    _mail(
        "auth.no-mechanism",
        "No authentication mechanisms supported by both server and client",
        "javax.mail.AuthenticationFailedException: No authentication mechanisms supported by "
        "both server and client",
    ),
    _mail(
        "smtp.no-recipients",
        "No recipient addresses",
        "javax.mail.SendFailedException: No recipient addresses",
    ),
    _mail(
        "smtp.address-syntax",
        "AddressException: ",
        "javax.mail.internet.AddressException: Missing final '@domain' in string ``soc''",
    ),
    _say(
        "tls.dh-too-small",
        "DHPublicKey does not comply to algorithm constraints",
        "javax.net.ssl.SSLHandshakeException: DHPublicKey does not comply to algorithm constraints",
    ),
    _say(
        "tls.expired",
        "CertPathValidatorException: validity check failed",
        "java.security.cert.CertPathValidatorException: validity check failed",
        "tls.not-yet-valid",
    ),
    _say(
        "smtp.closed-early",
        "SocketException: Connection reset",
        "java.net.SocketException: Connection reset",
        "tls.handshake-dropped",
        vague=True,
    ),
    _mail(
        "smtp.recipient-refused",
        "SendFailedException: Invalid Addresses",
        "javax.mail.SendFailedException: Invalid Addresses;",
        "smtp.no-recipients",
        vague=True,
    ),
    _mail(
        "tcp.timeout",
        "Couldn't connect to host, port: {host}, {port}; timeout",
        "com.sun.mail.util.MailConnectException: Couldn't connect to host, port: "
        "mail.example.com, 587; timeout 5000",
        "tcp.refused",
        "tcp.unreachable",
        vague=True,
    ),
)
