"""The published roots, checked against the roots that this machine has."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tocsin.trust.certificate import Certificate, read_certificates
from tocsin.trust.published import AMAZON_ROOTS, any_of_amazon, is_impostor, published_root


@pytest.fixture(scope="module")
def system_roots() -> list[Certificate]:
    """The public roots of this machine."""
    path = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
    if not Path(path).is_file():
        pytest.skip("this machine has no public roots")
    return read_certificates(Path(path).read_bytes())


def test_the_real_roots_are_recognised(system_roots: list[Certificate]) -> None:
    """Name, certificate and key fingerprints of the table agree with the real roots."""
    by_name = {one.common_name: one for one in system_roots}
    if AMAZON_ROOTS[0].name not in by_name:
        pytest.skip("the roots of this machine do not hold Amazon's")
    for root in AMAZON_ROOTS:
        real = by_name[root.name]
        assert (real.sha256, real.key_sha256) == (root.sha256, root.key_sha256)
        assert published_root(real) == root
        assert any_of_amazon([real])


def test_no_real_root_is_called_an_impostor(system_roots: list[Certificate]) -> None:
    """Whatever else is in the list bears its own name; each is an authority that signs itself."""
    assert [one.subject for one in system_roots if is_impostor(one)] == []
    assert all(one.is_ca and one.self_signed for one in system_roots)


def test_collecting_starts_without_heavy_libraries() -> None:
    """Importing the collector loads neither the web framework nor `cryptography`."""
    code = (
        "import sys, tocsin.trust.collect;"
        "print([name for name in ('django', 'cryptography', 'pydantic') if name in sys.modules])"
    )
    source = str(Path(__file__).parents[3] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": source},
    )
    assert done.stdout.strip() == "[]"
