"""Which package may import which."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")


def test_imports_go_one_way():
    """The contracts in pyproject.toml hold."""
    done = subprocess.run(
        [LINTER, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_package_has_its_place():
    """No package of ours escapes the contracts by not being named in them."""
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = contracts["contracts"][0]["layers"]
    named = {name.strip() for layer in layers for name in layer.split("|")}
    folders = (ROOT / "src" / "tocsin").iterdir()
    packages = {f"tocsin.{one.name}" for one in folders if (one / "__init__.py").exists()}
    assert packages <= named
