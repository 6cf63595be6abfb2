"""The endpoint of the Cisco guide: Diffie-Hellman of 1024 bits to whoever offers DHE."""

from __future__ import annotations

import ssl
from dataclasses import replace

from tocsin.mail.smtp.step import Step
from tocsin.rehearsal.fault.base import Fault
from tocsin.rehearsal.terms import Terms

# Made for this purpose: searching for a safe prime takes a while.
_PARAMETERS = """\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAPTQvtT7S2PJ0oxWqA3mCsWBAqS/6VhDst3gUZRaT3OyZGyfKjVasu4i
9Y5Hz+cFPwZXyyD0Vf+vXUIAAe1NzlInp0sJB+h72RPKj/pxosJ51B7X2APIxY4Y
WCV4h/zF3sLuXkoYX6FFV8zZn3QZJ7tyoiHpOt6bTv9+wkazZNNHAgEC
-----END DH PARAMETERS-----
"""
_CIPHERS = (
    "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
)


class Dh1024(Fault):
    """The endpoint of the Cisco guide: Diffie-Hellman of 1024 bits to whoever offers DHE."""

    name = "dh-1024"
    summary = "prefers DHE over 1024 bits; a client without DHE gets ECDHE"
    code = "tls.dh-too-small"
    at = Step.TLS
    bars = False
    spoils = frozenset(("parameters",))

    def secure(self, terms: Terms) -> Terms:
        """DHE first, with weak parameters; with old versions, suites that those know too."""
        old = terms.maximum < ssl.TLSVersion.TLSv1_2
        return replace(
            terms,
            ciphers=terms.ciphers if old else _CIPHERS,
            level=0,
            maximum=min(terms.maximum, ssl.TLSVersion.TLSv1_2),
            dh_parameters=_PARAMETERS,
            server_decides=True,
        )
