"""What a relay keeps in its folder, and the chain that it presents."""

from __future__ import annotations

import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import PolicyBuilder, Store

from tocsin.base.clock import now
from tocsin.rehearsal.chain import DAY, endpoint_name, issue_leaf, leaf_names
from tocsin.rehearsal.keyring import Keyring, refresh
from tocsin.trust.anchor import Anchor
from tocsin.trust.certificate import parse_certificate
from tocsin.trust.verdict import judge


def der(issued) -> bytes:
    return issued.certificate.public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder in which a relay ran before."""
    out = tmp_path_factory.mktemp("relay")
    Keyring(out).chain("eu-west-1")
    return out


@pytest.fixture
def chain(folder):
    """Its chain."""
    return Keyring(folder).chain("eu-west-1")


def test_the_chain_has_the_real_shape_under_names_of_its_own(chain):
    """Four certificates, none of them self-signed, each signed by the next."""
    names = [parse_certificate(der(one)).common_name for one in chain.presented]
    assert names == [
        "email-smtp.eu-west-1.rehearsal.example.com",
        "Rehearsal RSA 2048 M01",
        "Rehearsal Root CA 1",
        "Rehearsal Services Root Certificate Authority - G2",
    ]
    for below, above in zip(chain.presented, chain.presented[1:], strict=False):
        below.certificate.verify_directly_issued_by(above.certificate)
    assert not any(parse_certificate(der(one)).self_signed for one in chain.presented)
    assert parse_certificate(der(chain.leaf)).names == leaf_names("eu-west-1")


@pytest.mark.parametrize("which", ["root", "old_root"])
def test_either_self_signed_root_is_enough_to_trust(chain, which):
    """The root, or the older one that cross-signed it."""
    root = getattr(chain, which)
    assert parse_certificate(der(root)).self_signed
    anchor = Anchor("Rehearsal", parse_certificate(der(root)))
    presented = [der(one) for one in chain.presented]
    assert judge(presented, [anchor], "localhost", now()).trusted
    verifier = (
        PolicyBuilder()
        .store(Store([root.certificate]))
        .build_server_verifier(x509.DNSName(endpoint_name("eu-west-1")))
    )
    assert verifier.verify(chain.leaf.certificate, [one.certificate for one in chain.presented[1:]])


def test_a_second_run_is_the_same_endpoint(folder, chain):
    """Nobody has to touch a trust store or a password between two runs."""
    again = Keyring(folder).chain("eu-west-1")
    assert [der(one) for one in again.presented] == [der(one) for one in chain.presented]
    keyring = Keyring(folder)
    user, secret = keyring.credentials()
    keyring.keep_credentials(user, secret)
    assert Keyring(folder).credentials() == (user, secret)
    key = keyring.signing_key("dkim", 1024)
    assert Keyring(folder).signing_key("dkim", 1024).public_key() == key.public_key()


def test_another_region_gets_another_leaf_under_the_same_roots(folder, chain):
    """Names change, trust does not."""
    other = Keyring(folder).chain("us-west-2")
    assert der(other.root) == der(chain.root)
    assert parse_certificate(der(other.leaf)).names[0] == endpoint_name("us-west-2")
    Keyring(folder).chain("eu-west-1")


def test_a_leaf_near_its_end_is_replaced(folder, chain):
    """Before anybody's mail fails."""
    short = issue_leaf(leaf_names("eu-west-1"), chain.intermediate, ends=5 * DAY)
    Keyring(folder)._keep("leaf", short)
    renewed = Keyring(folder).chain("eu-west-1").leaf
    assert der(renewed) != der(short)
    assert renewed.certificate.not_valid_after_utc > short.certificate.not_valid_after_utc


@pytest.mark.parametrize("name", ["root.pem", "leaf.key"])
def test_a_damaged_folder_is_made_anew(tmp_path, name):
    """Half a chain would serve nobody."""
    before = Keyring(tmp_path).chain("eu-west-1")
    (tmp_path / "authority" / name).write_text("damaged")
    after = Keyring(tmp_path).chain("eu-west-1")
    assert der(after.root) != der(before.root)
    assert der(Keyring(tmp_path).chain("eu-west-1").leaf) == der(after.leaf)


def test_secrets_are_for_the_owner_alone(folder):
    """Keys and credentials are 0600, their folder 0700."""
    keyring = Keyring(folder)
    keyring.keep_credentials(*keyring.credentials())
    assert stat.S_IMODE((folder / "authority").stat().st_mode) == 0o700
    for path in [*folder.glob("authority/*.key"), keyring.credentials_file]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_made_up_credentials_have_the_shape_of_real_ones(tmp_path):
    """An access key id and 40 characters."""
    user, secret = Keyring(tmp_path).credentials()
    assert user.startswith("AKIA")
    assert len(user) == 20
    assert len(secret.reveal()) == 40


def test_an_unchanged_file_is_not_written_again(tmp_path):
    """And one with wrong permissions is."""
    path = tmp_path / "file"
    refresh(path, b"x", mode=0o600)
    before = path.stat().st_ino
    refresh(path, b"x", mode=0o600)
    assert path.stat().st_ino == before
    path.chmod(0o644)
    refresh(path, b"x", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
