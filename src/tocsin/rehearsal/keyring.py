"""What the relay keeps in its folder from one run to the next: chain, keys, credentials.

A second run in the same folder is the same endpoint: a trust store and a password that were
set up for it stay right. Secrets are files of mode 0600.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tocsin.base.files import write_atomically
from tocsin.base.secret import Secret
from tocsin.rehearsal.chain import (
    DAY,
    Chain,
    Issued,
    endpoint_name,
    issue_leaf,
    leaf_names,
    make_chain,
    make_key,
)
from tocsin.rehearsal.identifier import access_key_id, secret_access_key

_AUTHORITIES = ("intermediate", "root", "root_crossed", "old_root", "old_root_crossed")
_SHORTEST_LIFE = 30 * DAY


class Keyring:
    """Files beside the mails, most of them in the folder ``authority``."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._folder = out / "authority"

    def chain(self, region: str) -> Chain:
        """The chain of the runs before, with a new leaf when that one will not do."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        try:
            kept = {name: self._load(name) for name in ("leaf", *_AUTHORITIES)}
        except (OSError, ValueError):
            made = make_chain(region)
            for name in _AUTHORITIES:
                self._keep(name, getattr(made, name))
            self._keep("leaf", made.leaf)
            return made
        if not _will_do(kept["leaf"], region):
            kept["leaf"] = issue_leaf(leaf_names(region), kept["intermediate"])
            self._keep("leaf", kept["leaf"])
        return Chain(**kept)

    def signing_key(self, name: str, bits: int) -> rsa.RSAPrivateKey:
        """A key for DKIM or ARC."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"{name}.key"
        kept: PrivateKeyTypes | None
        try:
            kept = _read_key(path)
        except (OSError, ValueError):
            kept = None
        if isinstance(kept, rsa.RSAPrivateKey):
            return kept
        key = make_key(bits)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_atomically(path, pem, mode=0o600)
        return key

    def credentials(self) -> tuple[str, Secret]:
        """The access key id and its secret that were kept, else a pair made up now."""
        try:
            user, secret = self.credentials_file.read_text("ascii").split()
        except (OSError, ValueError):
            user, secret = access_key_id(), secret_access_key()
        return user, Secret(secret)

    @property
    def credentials_file(self) -> Path:
        """Access key id and secret access key, one a line."""
        return self._out / "access-key"

    def keep_credentials(self, user: str, secret: Secret) -> None:
        """For this run's clients, and the next run."""
        content = f"{user}\n{secret.reveal()}\n".encode()
        refresh(self.credentials_file, content, mode=0o600)

    def _load(self, name: str) -> Issued:
        certificate = x509.load_pem_x509_certificate((self._folder / f"{name}.pem").read_bytes())
        key = _read_key(self._folder / f"{name}.key")
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise ValueError("a key of another kind")  # noqa: TRY004 -- a damaged file
        if key.public_key() != certificate.public_key():
            raise ValueError("key and certificate do not belong together")
        if certificate.not_valid_after_utc < datetime.now(UTC):
            raise ValueError("expired")
        return Issued(certificate, key)

    def _keep(self, name: str, issued: Issued) -> None:
        write_atomically(self._folder / f"{name}.key", issued.key_pem, mode=0o600)
        write_atomically(self._folder / f"{name}.pem", issued.pem)


def refresh(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write the file unless it is as it should be: most runs change nothing.

    Raises:
        OSError: it cannot be written.
    """
    try:
        same = path.read_bytes() == content and path.stat().st_mode & 0o777 == mode
    except OSError:
        same = False
    if not same:
        write_atomically(path, content, mode=mode)


def _read_key(path: Path) -> PrivateKeyTypes:
    # The file is our own; checking its arithmetic takes longer than making a new key.
    return load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)


def _will_do(leaf: Issued, region: str) -> bool:
    lasts = leaf.certificate.not_valid_after_utc - datetime.now(UTC) > _SHORTEST_LIFE
    names = leaf.certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return lasts and [one.value for one in names] == [endpoint_name(region)]
