"""Where each fault is written down."""

from __future__ import annotations

from collections.abc import Mapping

_SMTP = "RFC 5321 section"
_TLS = "RFC 8446 section"
_PATH = "RFC 5280 section"
_STARTTLS = "RFC 3207 section"
_AUTH = "RFC 4954 section"
_X509 = "OpenSSL manual, X509_STORE_CTX_get_error(3)"
_LEVEL = "OpenSSL manual, SSL_CTX_set_security_level(3)"
_SES = "Amazon SES Developer Guide, "
_CODES = _SES + '"SMTP response codes returned by Amazon SES"'
_ISSUES = _SES + '"Amazon SES SMTP issues"'
_CREDENTIALS = _SES + '"Obtaining Amazon SES SMTP credentials"'
_REPUTATION = _SES + '"Using reputation metrics to track bounce and complaint rates"'
_KEYS = 'AWS IAM User Guide, "Managing access keys for IAM users"'
_ENDPOINTS = 'AWS General Reference, "Amazon Simple Email Service endpoints and quotas"'

REFERENCES: Mapping[str, tuple[str, ...]] = {
    "dns.not-found": ("RFC 1035 section 4.1.1 (RCODE 3)", "RFC 2308 section 2", _ENDPOINTS),
    "dns.timeout": ("RFC 1035 section 4.2.1", "RFC 2308 section 7"),
    "tcp.refused": ("RFC 9293 section 3.5.2",),
    "tcp.timeout": ("RFC 9293 section 3.8.3", _SES + '"Connecting to an Amazon SES SMTP endpoint"'),
    "tcp.unreachable": ("RFC 792 (Destination Unreachable)", "RFC 4443 section 3.1"),
    "smtp.not-configured": (f"{_SMTP} 3.1",),
    "smtp.not-smtp": (f"{_SMTP} 4.2 and 3.1", _ENDPOINTS),
    "smtp.banner-timeout": (f"{_SMTP} 4.5.3.2.1 (five minutes for the greeting)", "RFC 8314"),
    "smtp.greeting-refused": (f"{_SMTP} 3.1 (554 in place of a greeting)", "RFC 7504"),
    "smtp.masked-by-firewall": (f"{_STARTTLS} 6",),
    "smtp.starttls-missing": (f"{_STARTTLS} 4 and 6", "RFC 8314 section 4"),
    "smtp.starttls-required": (f"{_STARTTLS} 4 (530)", _ISSUES),
    "smtp.starttls-refused": (f"{_STARTTLS} 4 (454)",),
    "smtp.starttls-injection": (f"{_STARTTLS} 4.2", "CVE-2011-0411"),
    "smtp.address-syntax": (f"{_SMTP} 4.1.2", "RFC 3463 section 3.2 (X.1.3)"),
    "smtp.no-recipients": (f"{_SMTP} 3.3 (554 no valid recipients)",),
    "smtp.sender-refused": (f"{_SMTP} 3.3", "RFC 3463 section 3.2 (X.1.7, X.1.8)", "RFC 7372"),
    "smtp.recipient-refused": (f"{_SMTP} 3.3", "RFC 3463 section 3.2 (X.1.1) and 3.3 (X.2.1)"),
    "smtp.greylisted": ("RFC 6647",),
    "smtp.message-too-large": ("RFC 1870 section 6", "RFC 3463 section 3.4 (X.3.4)", _CODES),
    "smtp.too-many-recipients": (f"{_SMTP} 4.5.3.1.8 and 4.5.3.1.10", _CODES),
    "smtp.content-rejected": (f"{_SMTP} 3.3", "RFC 5322 section 3.6", _ISSUES),
    "smtp.relay-denied": (f"{_SMTP} 3.6.2", "RFC 3463 section 3.8 (X.7.1)"),
    "smtp.temporary": (f"{_SMTP} 4.2.1 (4yz)", f"{_SMTP} 4.5.4.1", _CODES),
    "smtp.too-many-connections": (f"{_SMTP} 4.2.2 (421)", _CODES),
    "smtp.closed-early": (f"{_SMTP} 3.8",),
    "smtp.timeout": (f"{_SMTP} 4.5.3.2", "RFC 4821 (path MTU)"),
    "smtp.outcome-unknown": (f"{_SMTP} 4.5.3.2.6", "RFC 1047"),
    "tls.wrong-mode": ("RFC 8314 section 3.3", f"{_STARTTLS} 4", _ISSUES),
    "tls.untrusted-issuer": (
        f"{_PATH} 6.1",
        _X509 + ": 2, 19, 20, 21",
        "Amazon Trust Services, repository",
    ),
    "tls.incomplete-chain": (f"{_TLS} 4.4.2", _X509 + ": 20, 21"),
    "tls.self-signed": (f"{_PATH} 6.1", _X509 + ": 18"),
    "tls.expired": (f"{_PATH} 4.1.2.5", _X509 + ": 10"),
    "tls.not-yet-valid": (f"{_PATH} 4.1.2.5", _X509 + ": 9"),
    "tls.name-mismatch": ("RFC 9525 section 6", _X509 + ": 62, 64"),
    "tls.dh-too-small": ("RFC 7919", "RFC 9325 section 4.4", _LEVEL),
    "tls.no-shared-cipher": (f"{_TLS} 6.2 (handshake_failure)", "RFC 9325 section 4.2"),
    "tls.version-too-old": ("RFC 8996", f"{_TLS} 6.2 (protocol_version)"),
    "tls.weak-key": ("RFC 9325 section 4.4", _LEVEL, _X509 + ": 66, 67"),
    "tls.weak-signature": ("RFC 9155", _LEVEL, _X509 + ": 68"),
    "tls.revoked": ("RFC 6960", f"{_PATH} 6.3", _X509 + ": 23"),
    "tls.wrong-purpose": (f"{_PATH} 4.2.1.12", _X509 + ": 26"),
    "tls.invalid-chain": (f"{_PATH} 4.2.1 and 6.1", _X509 + ": 7, 25, 47, 79, 85 to 92"),
    "tls.intercepted": ("RFC 8404 section 4",),
    "tls.client-certificate-required": (f"{_TLS} 4.4.2.4 and 6.2 (certificate_required)",),
    "tls.handshake-dropped": (f"{_TLS} 6.1",),
    "tls.chain-changed": ("AWS Security Blog, dynamic intermediate certificate authorities",),
    "tls.expiring": (f"{_PATH} 4.1.2.5",),
    "auth.not-offered": (f"{_AUTH} 3",),
    "auth.no-mechanism": (f"{_AUTH} 4 (504, 534)", "RFC 4422"),
    "auth.relay-unproven": ("RFC 5802 section 5", "RFC 7677"),
    "auth.rejected": (f"{_AUTH} 6 (535)", _ISSUES, _CREDENTIALS),
    "auth.required": (f"{_AUTH} 6 (530)", _CODES),
    "auth.temporary": (f"{_AUTH} 6 (454)", _CODES),
    "auth.secret-not-smtp-password": (_CREDENTIALS,),
    "auth.wrong-region": (_CREDENTIALS,),
    "auth.temporary-credentials": (_CREDENTIALS, "AWS IAM User Guide, unique identifiers (ASIA)"),
    "auth.password-damaged": (_CREDENTIALS, "RFC 3986 section 2.1"),
    "auth.wrong-user-name": (_CREDENTIALS, "AWS IAM User Guide, unique identifiers (AKIA)"),
    "ses.identity-not-verified": (_SES + '"Verified identities in Amazon SES"', _ISSUES),
    "ses.sandbox-recipient": (_SES + '"Request production access"', _ISSUES),
    "ses.not-authorized": (_SES + '"Identity and access management in Amazon SES"', _ISSUES),
    "ses.rate-exceeded": (_SES + '"Errors related to the sending quotas"', _CODES),
    "ses.daily-quota": (_SES + '"Managing your Amazon SES sending limits"', _CODES),
    "ses.sending-paused": (_SES + '"Pausing email sending"', _CODES),
    "ses.configuration-set-missing": (_SES + '"Using configuration sets"',),
    "ses.mail-from-domain": (_SES + '"Using a custom MAIL FROM domain"',),
    "ses.not-subscribed": (_CODES,),
    "ses.old-password": (_CREDENTIALS, _ISSUES),
    "ses.suppressed": (_SES + '"Using the account-level suppression list"',),
    "ses.wrong-host": (_ENDPOINTS,),
    "ses.region-without-smtp": (_ENDPOINTS,),
    "ses.quota-near": (_SES + '"Managing your Amazon SES sending limits"',),
    "ses.under-review": (_REPUTATION,),
    "ses.bounce-rate": (_REPUTATION,),
    "ses.complaint-rate": (_REPUTATION,),
    "ses.dkim-failed": (_SES + '"Authenticating Email with DKIM in Amazon SES"', "RFC 6376"),
    "ses.key-old": (_KEYS,),
    "ses.key-unused": (_KEYS,),
    "ses.key-inactive": (_KEYS,),
    "ses.key-gone": (_KEYS,),
    "sender.domain-not-found": (f"{_SMTP} 2.3.5", "RFC 2308 section 2", "RFC 7505 section 4"),
    "sender.spf-missing": ("RFC 7208 sections 3 and 4.5", _SES + '"Authenticating email with SPF"'),
    "sender.spf-invalid": ("RFC 7208 sections 4.5, 4.6.4 and 5",),
    "sender.dmarc-missing": ("RFC 7489 sections 6.1 and 6.6.3",),
    "sender.dmarc-invalid": ("RFC 7489 sections 6.3 and 6.6.3",),
    "sender.no-return-path": (f"{_SMTP} 5.1 and 6.1", "RFC 7505 (null MX)"),
    "clock.skew": ("RFC 5905", f"{_PATH} 4.1.2.5"),
}
