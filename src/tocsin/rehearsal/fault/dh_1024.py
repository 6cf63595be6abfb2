"""The endpoint of the Cisco guide: Diffie-Hellman of 1024 bits to whoever offers DHE."""

from __future__ import annotations

import ssl
from pathlib import Path

from tocsin.rehearsal.fault.base import Fault
from tocsin.trust.context import misbehaving_server_context

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
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0"
)


class Dh1024(Fault):
    """The endpoint of the Cisco guide: Diffie-Hellman of 1024 bits to whoever offers DHE."""

    name = "dh-1024"
    summary = "prefers DHE over 1024 bits; a client without DHE gets ECDHE"
    code = "tls.dh-too-small"

    def secure(self, certificates: Path, key: Path) -> ssl.SSLContext | None:
        """DHE first, with weak parameters."""
        parameters = key.with_name("dh1024.pem")
        parameters.write_text(_PARAMETERS)
        context = misbehaving_server_context(
            certificates,
            key,
            ciphers=_CIPHERS,
            maximum=ssl.TLSVersion.TLSv1_2,
            dh_params=parameters,
        )
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        return context
