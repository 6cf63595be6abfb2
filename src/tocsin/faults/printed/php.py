"""PHP: PHPMailer, Symfony Mailer, Swift Mailer, streams."""

from __future__ import annotations

from tocsin.faults.printed.said import of

_say = of("PHP", anywhere=False)
_stream = of("PHP")

PRINTED = (
    _stream(
        "tls.name-mismatch",
        "Peer certificate CN=`{names}' did not match expected CN=`{host}'",
        "stream_socket_enable_crypto(): Peer certificate CN=`relay.example.com' "
        "did not match expected CN=`mail.example.com'",
    ),
    _stream(
        "tls.name-mismatch",
        "Peer certificate CN='{names}' did not match expected CN='{host}'",
        "stream_socket_enable_crypto(): Peer certificate CN='relay.example.com' "
        "did not match expected CN='mail.example.com'",
    ),
    _stream(
        "tls.name-mismatch",
        "Unable to locate peer certificate CN",
        "stream_socket_enable_crypto(): Unable to locate peer certificate CN",
    ),
    _stream(
        "dns.not-found",
        "php_network_getaddresses: getaddrinfo failed",
        "php_network_getaddresses: getaddrinfo failed: Name or service not known",
        "dns.timeout",
        vague=True,
    ),
    _stream(
        "dns.not-found",
        "php_network_getaddresses: getaddrinfo for {host} failed",
        "php_network_getaddresses: getaddrinfo for email-smtp.example.invalid failed: Name "
        "or service not known",
        "dns.timeout",
        vague=True,
    ),
    _say(
        "tcp.refused",
        'Connection could not be established with host "{}": '
        "stream_socket_client(): Unable to connect to {} (Connection refused)",
        'Connection could not be established with host "mail.example.com:587": '
        "stream_socket_client(): Unable to connect to tcp://mail.example.com:587 (Connection "
        "refused)",
    ),
    _say(
        "tcp.timeout",
        'Connection could not be established with host "{}": '
        "stream_socket_client(): Unable to connect to {} (Connection timed out)",
        'Connection could not be established with host "mail.example.com:587": '
        "stream_socket_client(): Unable to connect to tcp://mail.example.com:587 (Connection "
        "timed out)",
    ),
    _say(
        "auth.rejected",
        "SMTP Error: Could not authenticate",
        "",
        "auth.temporary",
        "auth.no-mechanism",
        vague=True,
    ),
    _say(
        "auth.rejected",
        "Failed to authenticate on SMTP server with username",
        'Failed to authenticate on SMTP server with username "AKIAEXAMPLE" using the following '
        "authenticators",
        "auth.temporary",
        vague=True,
    ),
    _say(
        "auth.no-mechanism",
        "Failed to find an authenticator supported by the SMTP server",
        "Failed to find an authenticator supported by the SMTP server, which currently supports "
        'the following: "GSSAPI".',
    ),
    _say(
        "auth.not-offered",
        "SMTP Error: Authentication is not allowed at this stage",
        "",
        "auth.no-mechanism",
    ),
    _say(
        "smtp.starttls-missing",
        "TLS required but neither TLS or STARTTLS are in use",
        "TLS required but neither TLS or STARTTLS are in use.",
        "smtp.masked-by-firewall",
    ),
    _say(
        "smtp.closed-early",
        'Connection to "{host}:{port}" has been closed unexpectedly',
        'Connection to "mail.example.com:587" has been closed unexpectedly.',
    ),
    _say(
        "smtp.timeout",
        'Connection to "{host}:{port}" timed out',
        'Connection to "mail.example.com:587" timed out.',
        "smtp.banner-timeout",
        "tls.wrong-mode",
    ),
    _say(
        "smtp.address-syntax",
        'Email "{recipient}" does not comply with addr-spec',
        'Email "soc@" does not comply with addr-spec of RFC 2822.',
    ),
    _say(
        "smtp.temporary",
        "",
        'Expected response code "250" but got code "451", with message '
        '"451 4.4.2 Timeout waiting for data from client.".',
    ),
    _say(
        "smtp.address-syntax",
        "Address in mailbox given [{recipient}] does not comply",
        "Address in mailbox given [soc@] does not comply with RFC 2822, 3.6.2.",
    ),
    _say(
        "smtp.starttls-refused",
        "STARTTLS command failed",
        "SMTP Error: Could not connect to SMTP host. STARTTLS command failed TLS not supported",
        "smtp.starttls-missing",
        "smtp.masked-by-firewall",
    ),
    _say(
        "smtp.starttls-refused",
        "STARTTLS command failed TLS not available due to temporary reason",
        "SMTP Error: Could not connect to SMTP host. STARTTLS command failed TLS not "
        "available due to temporary reason",
    ),
    _stream(
        "tls.name-mismatch",
        "Peer certificate subjectAltName did not match expected name `{host}'",
        "stream_socket_enable_crypto(): Peer certificate subjectAltName did not "
        "match expected name `mail.example.com'",
    ),
    _stream(
        "tls.handshake-dropped", "stream_socket_enable_crypto(): SSL: Connection reset by peer"
    ),
    _say("smtp.no-recipients", "You must provide at least one recipient email address"),
)
