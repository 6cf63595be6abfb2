"""What every test stands on: a clean environment, a home of its own, loopback alone."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("tocsin", deadline=None)
hypothesis.settings.load_profile("tocsin")

ROOT = Path(__file__).parent.parent
RECORDED = ROOT.parent / "shared" / "data"
"""Recorded logs, where they lie beside the checkout."""

_STORE = os.environ.get("TOCSIN_TEST_STORE", "sqlite")

for name in list(os.environ):
    if name.startswith("TOCSIN_") and name not in {
        "TOCSIN_TEST_STORE",
        "TOCSIN_TEST_DATABASE_URL",
        "TOCSIN_SOAK",
    }:
        del os.environ[name]
for name in ("http_proxy", "https_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"):
    os.environ.pop(name, None)
    os.environ.pop(name.upper(), None)

_HOME = tempfile.mkdtemp(prefix="tocsin-test-")
os.environ["TOCSIN_HOME"] = _HOME
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the browser's driver runs a loop of its own


def _only_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """No test talks to anything but this machine, or asks anybody for a name of elsewhere."""
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1]:
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if not _is_here(name.rstrip(".").lower()):
        raise AssertionError(f"a test tried to reach {name}")


def _is_here(name: str) -> bool:
    if name in {"", "localhost", _OWN_NAME} or name.endswith((".localhost", ".invalid")):
        return True
    try:
        ip = ipaddress.ip_address(name.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return ip.is_loopback or ip.is_unspecified


_OWN_NAME = socket.gethostname().lower()


sys.addaudithook(_only_loopback)


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL when the store is to live there; workers share it."""
    if _STORE != "postgresql":
        return
    if not hasattr(config, "workerinput"):
        from postgresql import Cluster

        cluster = Cluster()
        config.stash[_CLUSTER] = cluster
        os.environ["TOCSIN_TEST_DATABASE_URL"] = cluster.url
    os.environ["TOCSIN_DATABASE_URL"] = os.environ["TOCSIN_TEST_DATABASE_URL"]


_CLUSTER: pytest.StashKey[object] = pytest.StashKey()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started."""
    cluster = config.stash.get(_CLUSTER, None)
    if cluster is not None:
        cluster.stop()  # type: ignore[attr-defined]
    shutil.rmtree(_HOME, ignore_errors=True)


_LONG = (
    "test_everything.py",
    "test_faults_survived.py",
    "test_bench.py",
    "test_way.py",
    "test_clock.py",
    "test_locked_store.py",
    "test_cli.py",
    "test_storm.py",
    "test_sender.py",
    "test_one_voice.py",
    "test_accessibility.py",
    "test_broken_relay.py",
    "test_live.py",
    "test_deliveries.py",
    "test_width.py",
)
"""Files that take long. Another that takes half a minute belongs here too."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those first that take long: started last, one worker would have to wait for them alone."""
    places = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(_LONG)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In continuous integration a skipped test counts as a failed one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter is not None else []
    for report in skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        reporter.write_line(f"skipped {report.nodeid}: {reason}")
    if skipped and os.environ.get("CI") and exitstatus == 0:
        reporter.write_line("skipped tests are failures in continuous integration")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """A database for each worker; the embedded one is the file that it is, not in memory."""
    from django.conf import settings

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"{_HOME}/test-{worker}.db" if _STORE == "sqlite" else f"test_tocsin_{worker}"
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = name


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Passwords are hashed as in earnest, but not as slowly: hundreds of tests sign in."""
    from django.contrib.auth.hashers import ScryptPasswordHasher

    ScryptPasswordHasher.work_factor = 2


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a home of this test alone."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("TOCSIN_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def recorded() -> Path:
    """Recorded logs; the test is skipped where they are not."""
    if not RECORDED.is_dir():
        pytest.skip("no recorded data beside the checkout")
    return RECORDED
