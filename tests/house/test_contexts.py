"""Every TLS connection of the product is verified in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tocsin"
TRUST = SOURCE / "trust"

MAKERS = frozenset(
    {
        "SSLContext",
        "create_default_context",
        "_create_stdlib_context",
        "_create_unverified_context",
        "_create_default_https_context",
    }
)
"""What makes a context; only `trust/context.py` may call it."""

WRAPPERS = frozenset({"wrap_socket", "wrap_bio", "get_server_certificate"})
"""What begins a client's handshake; only `trust` may. Serving is another matter."""

OPENERS = frozenset({"HTTPSConnection", "SMTP_SSL", "starttls", "urlopen", "build_opener"})
"""What would make a context by itself unless given one."""


def findings(path: Path) -> Iterator[str]:
    """What a file does that only `trust` may."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        given = {word.arg for word in node.keywords}
        alone = path != TRUST / "context.py" and name in MAKERS
        client = name in WRAPPERS and "server_side" not in given
        outside = TRUST not in path.parents and client
        bare = name in OPENERS and "context" not in given
        if alone or outside or bare:
            yield f"{path}:{node.lineno}: {name}"


def test_only_trust_makes_contexts_and_begins_handshakes():
    """No file of the product makes a context of its own, or lets a library make one."""
    found = [one for path in SOURCE.rglob("*.py") for one in findings(path)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "ssl.create_default_context(cafile=x)",
        "SSLContext(ssl.PROTOCOL_TLS_CLIENT)",
        "context.wrap_socket(one)",
        "ssl.get_server_certificate(('a', 1))",
        "http.client.HTTPSConnection('a')",
        "urllib.request.urlopen('https://a')",
    ],
)
def test_it_would_be_found(line: str, tmp_path: Path):
    """Each way around is seen, so that the test above can fail."""
    path = tmp_path / "module.py"
    path.write_text(line + "\n")
    assert len(list(findings(path))) == 1
