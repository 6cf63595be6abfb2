"""What may serve as a trust anchor."""

from __future__ import annotations

import chains
from tocsin.base.clock import DAY, now
from tocsin.trust.anchor import check_anchor, check_new_anchor, describe_use, warn_of
from tocsin.trust.published import is_amazon_host, is_impostor, published_root


def test_a_good_root_has_no_problems() -> None:
    """Root, intermediate, cross-signed and server certificate all may be anchors."""
    ladder = chains.ladder()
    for one in (*ladder.presented, ladder.root, ladder.oldest):
        assert check_anchor(one.parsed, now()) == []


def test_time_is_looked_at() -> None:
    """Expired and not yet valid certificates are refused with the day."""
    root = chains.make("Example Root CA 1", ca=True, starts=-1, ends=90).parsed
    assert "expired on" in check_anchor(root, now() + 91 * DAY)[0]
    assert "not valid before" in check_anchor(root, now() - 2 * DAY)[0]


def test_weak_keys_are_refused() -> None:
    """A 1024-bit root can never verify under the security level in force."""
    weak = chains.make("Example Root CA 1", ca=True, kind="rsa-1024").parsed
    assert "RSA 1024" in check_anchor(weak, now())[0]


def test_an_impostor_of_a_published_root_is_called_out() -> None:
    """The name of an Amazon root over another key is a warning, and hinders nobody."""
    for name in ("Amazon Root CA 1", "AMAZON root ca 1"):
        fake = chains.make(name, organization="Amazon", ca=True).parsed
        assert is_impostor(fake)
        assert published_root(fake) is None
        assert "not what it says" in warn_of(fake)[0]
        assert check_new_anchor(fake, now()) == []
    assert warn_of(chains.make("Example Root CA 1", ca=True).parsed) == []


def test_out_of_time_and_no_authority_only_knowingly() -> None:
    """Each is told, and let through for those who say that they know; a weak key never is."""
    expired = chains.make("Old Root CA", ca=True, starts=-9, ends=-1).parsed
    future = chains.make("New Root CA", ca=True, starts=5).parsed
    server = chains.make().parsed
    weak = chains.make("Weak Root CA", ca=True, kind="rsa-1024").parsed
    for one, words in ((expired, "expired on"), (future, "not valid before"), (server, "server")):
        assert words in check_new_anchor(one, now())[0]
        assert check_new_anchor(one, now(), knowingly=True) == []
    assert "too weak" in check_new_anchor(weak, now(), knowingly=True)[0]


def test_use_is_described_by_kind() -> None:
    """People are told what trusting each kind of certificate means."""
    ladder = chains.ladder()
    assert describe_use(ladder.leaf.parsed).startswith("Server certificate")
    assert describe_use(ladder.root.parsed).startswith("Root")
    assert describe_use(ladder.root_crossed.parsed).startswith("Intermediate or cross-signed")


def test_only_the_domain_of_aws_is_amazons() -> None:
    """Look-alike host names are not taken for Amazon's."""
    assert is_amazon_host("email-smtp.eu-west-1.amazonaws.com.")
    assert not is_amazon_host("amazonaws.com.example.net")
    assert not is_amazon_host("fakeamazonaws.com")
