"""Where a running relay listens, and what a client needs to know of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Written to ``relay.json`` as long as the relay runs; files by their whole path."""

    host: str
    """To connect to; the certificate is valid for it."""
    port: int
    """STARTTLS."""
    smtps_port: int
    certificate_name: str
    """The name of SES's shape that the certificate is valid for too."""
    region: str
    user: str
    password_file: str
    secret_file: str
    """User and the secret access key that the password is derived from, one a line."""
    root_file: str
    old_root_file: str
    dns_file: str
    """TXT records of the signing keys: name to text, JSON."""
    identities: tuple[str, ...]
    inbox: str
    faults: tuple[str, ...]
    """What it plays now."""
    generation: int
    """The number of the last request to play other faults that it has followed; 0: none yet."""
    pid: int

    def to_plain(self) -> dict[str, object]:
        """Plain data."""
        return asdict(self)
