"""OpenSSL: its command line, and what programs built with it repeat.

Texts of 1.1.1 and 3.x; verification texts are those of X509_verify_cert_error_string(3).
"""

from __future__ import annotations

from tocsin.faults.printed.lumped import ALERT, NO_PATH, ROOT_SENT, WHATEVER
from tocsin.faults.printed.said import of

_say = of("OpenSSL")

PRINTED = (
    # Verification
    _say(
        "tls.untrusted-issuer",
        "unable to get local issuer certificate",
        "verify error:num=20:unable to get local issuer certificate",
        *NO_PATH,
    ),
    _say(
        "tls.untrusted-issuer",
        "unable to get issuer certificate",
        "verify error:num=2:unable to get issuer certificate",
        *NO_PATH,
    ),
    _say(
        "tls.untrusted-issuer",
        "unable to verify the first certificate",
        "Verify return code: 21 (unable to verify the first certificate)",
        *NO_PATH,
    ),
    _say(
        "tls.untrusted-issuer",
        "self-signed certificate in certificate chain",
        "verify error:num=19:self-signed certificate in certificate chain",
        *ROOT_SENT,
    ),
    _say(
        "tls.untrusted-issuer",
        "self signed certificate in certificate chain",
        "Verify return code: 19 (self signed certificate in certificate chain)",
        *ROOT_SENT,
    ),
    _say(
        "tls.untrusted-issuer",
        "certificate not trusted",
        "Verify return code: 27 (certificate not trusted)",
    ),
    _say(
        "tls.self-signed", "self-signed certificate", "verify error:num=18:self-signed certificate"
    ),
    _say(
        "tls.self-signed",
        "self signed certificate",
        "Verify return code: 18 (self signed certificate)",
    ),
    _say("tls.expired", "certificate has expired", "verify error:num=10:certificate has expired"),
    _say(
        "tls.not-yet-valid",
        "certificate is not yet valid",
        "verify error:num=9:certificate is not yet valid",
    ),
    _say("tls.name-mismatch", "hostname mismatch", "Verify return code: 62 (hostname mismatch)"),
    _say(
        "tls.name-mismatch", "IP address mismatch", "Verify return code: 64 (IP address mismatch)"
    ),
    _say(
        "tls.weak-key",
        "EE certificate key too weak",
        "verify error:num=66:EE certificate key too weak",
    ),
    _say(
        "tls.weak-key",
        "CA certificate key too weak",
        "verify error:num=67:CA certificate key too weak",
    ),
    _say("tls.weak-key", "ee key too small", "error:0A00018F:SSL routines::ee key too small"),
    _say("tls.weak-key", "ca key too small", "error:0A00018D:SSL routines::ca key too small"),
    _say(
        "tls.weak-signature",
        "CA signature digest algorithm too weak",
        "verify error:num=68:CA signature digest algorithm too weak",
    ),
    _say("tls.weak-signature", "ca md too weak", "error:0A00018E:SSL routines::ca md too weak"),
    _say("tls.revoked", "certificate revoked", "verify error:num=23:certificate revoked"),
    _say(
        "tls.wrong-purpose",
        "unsupported certificate purpose",
        "Verify return code: 26 (unsupported certificate purpose)",
    ),
    _say(
        "tls.wrong-purpose",
        "unsuitable certificate purpose",
        "verify error:num=26:unsuitable certificate purpose",
    ),
    _say(
        "tls.invalid-chain", "invalid CA certificate", "verify error:num=24:invalid CA certificate"
    ),
    _say(
        "tls.invalid-chain", "invalid CA certificate", "verify error:num=79:invalid CA certificate"
    ),
    _say(
        "tls.invalid-chain",
        "permitted subtree violation",
        "verify error:num=47:permitted subtree violation",
    ),
    _say(
        "tls.invalid-chain",
        "excluded subtree violation",
        "verify error:num=48:excluded subtree violation",
    ),
    _say(
        "tls.invalid-chain",
        "path length constraint exceeded",
        "verify error:num=25:path length constraint exceeded",
    ),
    _say(
        "tls.invalid-chain",
        "certificate signature failure",
        "verify error:num=7:certificate signature failure",
    ),
    _say(
        "tls.invalid-chain",
        "Missing Authority Key Identifier",
        "verify error:num=85:Missing Authority Key Identifier",
    ),
    _say(
        "tls.invalid-chain",
        "Missing Subject Key Identifier",
        "verify error:num=86:Missing Subject Key Identifier",
    ),
    _say(
        "tls.invalid-chain",
        "Basic Constraints of CA cert not marked critical",
        "verify error:num=89:Basic Constraints of CA cert not marked critical",
    ),
    _say(
        "tls.invalid-chain",
        "CA cert does not include key usage extension",
        "verify error:num=92:CA cert does not include key usage extension",
    ),
    _say(
        "tls.untrusted-issuer",
        "certificate verify failed",
        "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed",
        *WHATEVER,
        vague=True,
    ),
    # Handshake
    _say(
        "tls.wrong-mode",
        "wrong version number",
        "error:0A00010B:SSL routines:ssl3_get_record:wrong version number",
        "tls.version-too-old",
        "smtp.not-smtp",
    ),
    _say(
        "tls.wrong-mode",
        ":unknown protocol",
        "error:140770FC:SSL routines:SSL23_GET_SERVER_HELLO:unknown protocol",
    ),
    _say(
        "tls.wrong-mode",
        "packet length too long",
        "error:0A0000C6:SSL routines::packet length too long",
    ),
    _say("tls.wrong-mode", ":http request", "error:0A00009C:SSL routines::http request"),
    _say(
        "tls.dh-too-small",
        "dh key too small",
        "error:0A00018A:SSL routines:tls_process_ske_dhe:dh key too small",
    ),
    _say("tls.dh-too-small", "dh key too short", "SSL routines::dh key too short"),
    _say(
        "tls.no-shared-cipher",
        "sslv3 alert handshake failure",
        "error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure",
        *ALERT,
    ),
    _say(
        "tls.no-shared-cipher",
        "ssl/tls alert handshake failure",
        "error:0A000410:SSL routines::ssl/tls alert handshake failure",
        *ALERT,
    ),
    _say(
        "tls.no-shared-cipher",
        "no shared cipher",
        "error:0A0000C1:SSL routines:tls_post_process_client_hello:no shared cipher",
    ),
    _say("tls.no-shared-cipher", "no cipher match", "error:0A0000B9:SSL routines::no cipher match"),
    _say(
        "tls.no-shared-cipher",
        "no ciphers available",
        "error:0A0000B5:SSL routines::no ciphers available",
    ),
    _say(
        "tls.no-shared-cipher",
        "alert insufficient security",
        "error:0A00042F:SSL routines::tlsv1 alert insufficient security",
    ),
    _say(
        "tls.version-too-old",
        "alert protocol version",
        "error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version",
    ),
    _say(
        "tls.version-too-old",
        ":unsupported protocol",
        "error:0A000102:SSL routines:ssl_choose_client_version:unsupported protocol",
    ),
    _say(
        "tls.version-too-old",
        "legacy sigalg disallowed or unsupported",
        "error:0A0001A4:SSL routines::legacy sigalg disallowed or unsupported",
    ),
    _say(
        "tls.version-too-old",
        "no protocols available",
        "error:0A0000BF:SSL routines:tls_setup_handshake:no protocols available",
    ),
    _say(
        "tls.client-certificate-required",
        "alert certificate required",
        "error:0A00045C:SSL routines::tlsv13 alert certificate required",
    ),
    _say(
        "tls.client-certificate-required",
        "peer did not return a certificate",
        "error:0A0000C7:SSL routines::peer did not return a certificate",
    ),
    _say(
        "tls.handshake-dropped",
        "unexpected eof while reading",
        "error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading",
        "smtp.closed-early",
    ),
    _say(
        "tls.handshake-dropped",
        "SSL_ERROR_SYSCALL",
        "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to relay.example.com:465",
        "smtp.closed-early",
        vague=True,
    ),
    _say(
        "tls.untrusted-issuer",
        "alert unknown ca",
        "error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca",
        "tls.incomplete-chain",
        "tls.self-signed",
        "tls.client-certificate-required",
    ),
    _say(
        "tls.expired",
        "alert certificate expired",
        "error:0A000415:SSL routines::sslv3 alert certificate expired",
    ),
    # openssl s_client
    _say(
        "smtp.starttls-missing",
        "Didn't find STARTTLS in server response",
        "Didn't find STARTTLS in server response, trying anyway...",
    ),
    _say(
        "dns.not-found",
        "BIO_lookup_ex:system lib",
        "80CB: error:10080002:BIO routines:BIO_lookup_ex:system lib:../crypto/bio/bio_addr.c:738:"
        "Name or service not known",
        "dns.timeout",
        vague=True,
    ),
    _say(
        "tls.client-certificate-required",
        "sslv3 alert bad certificate",
        "error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate",
    ),
    _say("smtp.closed-early", "errno=104", "write:errno=104", "tls.handshake-dropped", vague=True),
)
