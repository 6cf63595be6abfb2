"""Reading certificates out of what people upload, and refusing everything else."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from cryptography.x509.oid import AuthorityInformationAccessOID

import chains
from tocsin.base.clock import to_datetime
from tocsin.trust import certificate as module
from tocsin.trust.certificate import (
    NotCertificates,
    PasswordNeeded,
    PrivateKeyFound,
    parse_certificate,
    read_certificates,
)
from tocsin.trust.upload import LARGEST_FILE

ROOT = chains.make("Example Root CA 1", organization="Example Trust", ca=True)
LEAF = chains.make("relay.example.com", issuer=ROOT, names=("relay.example.com", "192.0.2.7"))


def test_every_field_is_read() -> None:
    """A certificate's fields come out as a person expects to read them."""
    made = chains.make(
        "relay.example.com",
        issuer=ROOT,
        kind="rsa-2048",
        names=("relay.example.com", "*.example.net", "192.0.2.7", "2001:db8::7"),
        issuer_url="http://ca.example.com/root.cer",
    )
    read = made.parsed
    assert read.subject == "CN=relay.example.com"
    assert read.issuer == "O=Example Trust, CN=Example Root CA 1"
    assert read.common_name == read.title == "relay.example.com"
    assert read.issuer_organization == "Example Trust"
    assert (read.key, read.key_bits) == ("RSA 2048", 2048)
    assert read.signature == "ecdsa-with-SHA256"
    assert read.names == ("relay.example.com", "*.example.net", "192.0.2.7", "2001:db8::7")
    assert read.issuer_urls == ("http://ca.example.com/root.cer",)
    assert not read.is_ca
    assert not read.self_signed
    assert to_datetime(read.not_after) == made.x509.not_valid_after_utc
    assert read.sha256 == made.sha256
    assert int(read.serial, 16) == made.x509.serial_number
    assert read.pem.encode() == made.pem


@pytest.mark.parametrize(
    ("kind", "key", "signature"),
    [
        ("ec", "EC P-256", "ecdsa-with-SHA256"),
        ("rsa-2048", "RSA 2048", "sha256WithRSAEncryption"),
        ("rsa-1024", "RSA 1024", "sha256WithRSAEncryption"),
        ("ed25519", "Ed25519", "Ed25519"),
    ],
)
def test_keys_of_each_kind_are_named(kind: str, key: str, signature: str) -> None:
    """Self-signed certificates of each kind of key are seen as such."""
    read = chains.make(kind=kind, ca=True).parsed
    assert (read.key, read.signature, read.self_signed, read.is_ca) == (key, signature, True, True)


def test_equal_names_alone_do_not_make_it_self_signed() -> None:
    """Subject equal to issuer, but signed by another key: not self-signed."""
    twin = chains.make("Example Root CA 1", organization="Example Trust", ca=True, issuer=ROOT)
    assert twin.parsed.subject == twin.parsed.issuer
    assert not twin.parsed.self_signed


def test_a_cross_signed_root_shares_the_key_fingerprint() -> None:
    """Root and cross-signed twin differ in fingerprint and agree in key and name."""
    ladder = chains.ladder()
    root, crossed = ladder.root.parsed, ladder.root_crossed.parsed
    assert root.sha256 != crossed.sha256
    assert root.key_sha256 == crossed.key_sha256
    assert root.subject_id == crossed.subject_id


def test_names_cannot_hide_characters() -> None:
    """Escape sequences, line ends and right-to-left marks in a subject are spelled out."""
    read = chains.make("a\x1b[31m\nb\u202etxt.exe", organization='Say "hi", Inc.', ca=True).parsed
    assert "\x1b" not in read.subject
    assert "\n" not in read.subject
    assert "\u202e" not in read.subject + read.common_name
    assert '"Say \\"hi\\", Inc."' in read.subject


def test_a_comma_in_a_name_cannot_pass_for_another_attribute() -> None:
    """A common name with ", O=Amazon" in it is quoted."""
    assert chains.make("x, O=Amazon").parsed.subject == 'CN="x, O=Amazon"'


PEM = LEAF.pem + ROOT.pem
FORMS = {
    "pem": PEM,
    "pem with words around": b"Bag Attributes\n localKeyID: 01\n" + PEM + b"# the end\n",
    "pem with CRLF": PEM.replace(b"\n", b"\r\n"),
    "pem with BOM": b"\xef\xbb\xbf" + PEM,
    "utf-16": PEM.decode().encode("utf-16"),
    "joined der": LEAF.der + ROOT.der,
    "der with a line end after it": LEAF.der + ROOT.der + b"\r\n",
    "pkcs7 der": pkcs7.serialize_certificates([LEAF.x509, ROOT.x509], Encoding.DER),
    "pkcs7 pem": pkcs7.serialize_certificates([LEAF.x509, ROOT.x509], Encoding.PEM),
    "bare base64": base64.encodebytes(LEAF.der + ROOT.der),
    "doubled": PEM + PEM,
    "with parameters": PEM + b"-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n"
    b"-----END DH PARAMETERS-----\n",
}


def _store_of_certificates(password: bytes | None) -> bytes:
    lock = BestAvailableEncryption(password) if password is not None else NoEncryption()
    entries = [pkcs12.PKCS12Certificate(one.x509, b"x") for one in (LEAF, ROOT)]
    return pkcs12.serialize_java_truststore(entries, lock)


FORMS["pkcs12 without a password"] = _store_of_certificates(None)
FORMS["pkcs12 as pem"] = (
    b"-----BEGIN PKCS12-----\n"
    + base64.encodebytes(_store_of_certificates(None))
    + b"-----END PKCS12-----\n"
)
FORMS["pkcs12 in base64"] = base64.encodebytes(_store_of_certificates(None))


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_certificates(form: str) -> None:
    """PEM in its guises, DER, PKCS#7, PKCS#12 and base64 give both certificates once each."""
    assert {one.sha256 for one in read_certificates(FORMS[form])} == {LEAF.sha256, ROOT.sha256}


def test_openssl_trust_settings_are_left_out() -> None:
    """A TRUSTED CERTIFICATE block gives its certificate without the settings behind it."""
    settings = bytes.fromhex("300c300a06082b06010505070301")
    body = base64.encodebytes(LEAF.der + settings)
    block = b"-----BEGIN TRUSTED CERTIFICATE-----\n" + body + b"-----END TRUSTED CERTIFICATE-----"
    assert [one.der for one in read_certificates(block)] == [LEAF.der]


def test_a_locked_store_of_certificates_wants_its_password() -> None:
    """Without, or with another, it is refused in words that tell the two apart."""
    store = _store_of_certificates("pässword".encode())
    found = read_certificates(store, "pässword")
    assert [one.sha256 for one in found] == [LEAF.sha256, ROOT.sha256]
    with pytest.raises(PasswordNeeded, match="its password is needed"):
        read_certificates(store)
    with pytest.raises(PasswordNeeded, match="does not open") as refusal:
        read_certificates(store, "wrong horse")
    assert "wrong horse" not in str(refusal.value)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize("password", ["", "secret"])
def test_a_store_of_openssl_without_key_is_read(tmp_path: Path, password: str) -> None:
    """``openssl pkcs12 -export -nokeys``, also under an empty password."""
    (tmp_path / "chain.pem").write_bytes(PEM)
    export = ["openssl", "pkcs12", "-export", "-nokeys", "-in", str(tmp_path / "chain.pem")]
    done = subprocess.run(
        [*export, "-passout", f"pass:{password}"], capture_output=True, check=True
    )
    found = read_certificates(done.stdout, password)
    assert {one.sha256 for one in found} == {LEAF.sha256, ROOT.sha256}


def test_a_damaged_store_is_refused() -> None:
    """Cut off in the middle, or with a flipped octet inside, it gives nothing."""
    store = _store_of_certificates(b"secret")
    for damaged in (store[:-20], store[:200] + bytes([store[200] ^ 1]) + store[201:]):
        with pytest.raises(NotCertificates):
            read_certificates(damaged, "secret")


def test_where_issuer_and_status_are_found_is_read() -> None:
    """Authority information access: the issuer's certificate and OCSP, each by itself."""
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, url in (
            (AuthorityInformationAccessOID.OCSP, "http://ocsp.example.com"),
            (AuthorityInformationAccessOID.CA_ISSUERS, "http://crt.example.com/ca.cer"),
        )
    ]
    made = chains.make("relay.example.com", issuer=ROOT)
    builder = (
        x509.CertificateBuilder()
        .subject_name(made.x509.subject)
        .issuer_name(ROOT.x509.subject)
        .public_key(made.key.public_key())
        .serial_number(7)
        .not_valid_before(made.x509.not_valid_before_utc)
        .not_valid_after(made.x509.not_valid_after_utc)
        .add_extension(x509.AuthorityInformationAccess(access), critical=False)
    )
    signed = builder.sign(ROOT.key, hashes.SHA256())
    read = parse_certificate(signed.public_bytes(Encoding.DER))
    assert read.ocsp_urls == ("http://ocsp.example.com",)
    assert read.issuer_urls == ("http://crt.example.com/ca.cer",)
    assert made.parsed.ocsp_urls == ()


RSA = chains.make("key.example.com", kind="rsa-2048")
EC = chains.make("key2.example.com")


def _pkcs12(password: bytes | None) -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return pkcs12.serialize_key_and_certificates(b"x", RSA.key, RSA.x509, [ROOT.x509], lock)


def _labelled(label: str, der: bytes) -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


TRADITIONAL = PrivateFormat.TraditionalOpenSSL
KEYS = {
    "pkcs8 pem": RSA.key_pem(),
    "pkcs8 encrypted pem": RSA.key_pem(b"secret"),
    "pkcs1 pem": RSA.key_bytes(Encoding.PEM, form=TRADITIONAL),
    "pkcs1 encrypted pem": RSA.key_bytes(Encoding.PEM, b"secret", TRADITIONAL),
    "sec1 pem": EC.key_bytes(Encoding.PEM, form=TRADITIONAL),
    "openssh": RSA.key_bytes(Encoding.PEM, form=PrivateFormat.OpenSSH),
    "pkcs8 der": RSA.key_bytes(Encoding.DER),
    "pkcs8 ec der": EC.key_bytes(Encoding.DER),
    "pkcs8 encrypted der": RSA.key_bytes(Encoding.DER, b"secret"),
    "pkcs1 der": RSA.key_bytes(Encoding.DER, form=TRADITIONAL),
    "sec1 der": EC.key_bytes(Encoding.DER, form=TRADITIONAL),
    "pkcs12": _pkcs12(None),
    "pkcs12 encrypted": _pkcs12(b"secret"),
    "base64 of a key": base64.encodebytes(RSA.key_bytes(Encoding.DER)),
    "key called a certificate": _labelled("CERTIFICATE", RSA.key_bytes(Encoding.DER)),
    "key under a foreign label": _labelled("FOREIGN THING", EC.key_bytes(Encoding.DER)),
    "pkcs12 as pem": _labelled("PKCS12", _pkcs12(b"secret")),
    "utf-16": RSA.key_pem().decode().encode("utf-16"),
    "cut off": RSA.key_pem()[:300],
    "putty": b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
}


ONE_ENCODING = {"utf-16", "base64 of a key"}
"""Files of one encoding throughout: nothing can stand before or after."""


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (kind, place)
        for kind in KEYS
        for place in ("alone", "before", "after")
        if place == "alone" or kind not in ONE_ENCODING
    ],
)
def test_a_private_key_is_refused_wherever_it_stands(kind: str, place: str) -> None:
    """Alone, before or after good certificates, each kind of private key is refused."""
    key = KEYS[kind]
    text = key.startswith((b"-", b"PuTTY"))
    certificate = LEAF.pem if text else LEAF.der
    data = {"alone": key, "before": key + certificate, "after": certificate + key}[place]
    with pytest.raises(PrivateKeyFound) as refusal:
        read_certificates(data)
    said = str(refusal.value) + repr(refusal.value.args)
    assert "private key" in said
    for line in RSA.key_pem().decode().splitlines()[1:-1]:
        assert line[:40] not in said
    assert "PRIVATE KEY-----" not in said


REFUSED = {
    "nothing": (b"", "empty"),
    "blanks": (b" \r\n\t\n", "empty"),
    "a byte order mark": (b"\xef\xbb\xbf", "empty"),
    "words": (b"hello, world", "holds no certificate"),
    "a web page": (b"<!DOCTYPE html><html>Not found</html>", "web page"),
    "a Java key store": (bytes.fromhex("feedfeed00000002") + b"x" * 50, "Java key store"),
    "a printed certificate": (b"Certificate:\n    Data:\n        Version: 3\n", "printed as text"),
    "a cut-off block": (LEAF.pem[:200], "cut off"),
    "a second block cut off": (LEAF.pem + ROOT.pem[:-30], "cut off"),
    "a cut-off der": (LEAF.der[:-5], "cut off"),
    "der and then rubbish": (LEAF.der + b"rubbish", "damaged"),
    "no base64": (
        b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        "Block 1 of the file is damaged",
    ),
    "a request": (
        b"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
        "CERTIFICATE REQUEST",
    ),
    "an empty sequence as certificate": (
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        "no certificate",
    ),
    "a damaged certificate": (
        _labelled("CERTIFICATE", LEAF.der[:4] + b"\x30\x01\x01" + LEAF.der[7:]),
        "certificate",
    ),
    "an empty pkcs7": (
        bytes.fromhex("302306092a864886f70d010702a01630140201013100300b06092a864886f70d0107013100"),
        "PKCS#7",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_certificate_is_refused_with_words_that_help(kind: str) -> None:
    """Each wrong file is refused, and the words say what it is instead."""
    data, words = REFUSED[kind]
    with pytest.raises(NotCertificates) as refusal:
        read_certificates(data)
    assert words in str(refusal.value)
    assert not isinstance(refusal.value, PrivateKeyFound)


def test_a_huge_file_is_refused_unread() -> None:
    """Files beyond the limit are refused before they are looked at."""
    with pytest.raises(NotCertificates, match="larger than 4 MB"):
        read_certificates(b"-" * (LARGEST_FILE + 1))


def test_too_many_certificates_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of certificates in one file is bounded."""
    monkeypatch.setattr(module, "MOST_CERTIFICATES", 3)
    with pytest.raises(NotCertificates, match="more than 3"):
        read_certificates(LEAF.pem * 4)


def test_damage_is_told_by_number() -> None:
    """Of several certificates the damaged one is named by its place."""
    broken = bytearray(ROOT.der)
    broken[9] ^= 0xFF
    with pytest.raises(NotCertificates, match="Certificate 2 of the file"):
        read_certificates(LEAF.pem + _labelled("CERTIFICATE", bytes(broken)))


def test_garbage_is_no_certificate() -> None:
    """`parse_certificate` has one error for everything unreadable."""
    for data in (b"", b"\x30", LEAF.der[:-1], LEAF.der + b"x", RSA.key_bytes(Encoding.DER)):
        with pytest.raises(NotCertificates):
            parse_certificate(data)
