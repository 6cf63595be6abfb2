"""The one maker of TLS contexts."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

import chains
from tocsin.trust.context import client_context, server_context, system_context
from tocsin.trust.policy import CipherPolicy, RefusedCiphers


def test_the_recipe_is_the_same_in_every_python() -> None:
    """Each flag is as documented, whatever the interpreter's defaults are."""
    context = client_context([chains.make(ca=True).anchor()])
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    wanted = ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_TRUSTED_FIRST
    assert context.verify_flags == wanted
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.security_level == 2
    assert context.keylog_filename is None


def test_only_the_given_anchors_are_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the machine's roots nor environment variables add anything."""
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
    monkeypatch.setenv("SSLKEYLOGFILE", "/dev/null")
    assert client_context([]).cert_store_stats()["x509"] == 0
    two = [chains.make(f"Example Root {number}", ca=True).anchor() for number in (1, 2)]
    context = client_context([*two, two[0]])
    stored = set(context.get_ca_certs(binary_form=True))
    assert stored == {one.certificate.der for one in two}
    assert context.keylog_filename is None


def test_the_system_context_differs_in_its_roots_alone() -> None:
    """For comparison, the same rules hold."""
    strict, system = client_context([]), system_context()
    assert (system.verify_flags, system.verify_mode) == (strict.verify_flags, strict.verify_mode)
    assert system.check_hostname


def test_a_policy_that_offers_nothing_is_refused() -> None:
    """A context that could never agree with anybody is not made."""
    with pytest.raises(RefusedCiphers):
        client_context([], CipherPolicy("NOPE"))


def test_a_server_serves_nothing_old(tmp_path: Path) -> None:
    """The manager's own pages start at TLS 1.2 too."""
    context = server_context(*chains.write_chain(tmp_path, [chains.make()]))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
