"""Fixtures of the sandbox lane: the programs of $CAISSON_BIN, directories of the tests' own, and nothing left behind."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from fixtures import base, caisson, policy, state  # noqa: F401

HERE = Path(__file__).parent


def pytest_configure(config):
    """What scripts/checks/clauses.py reads: the clauses of Tests/clauses.toml that a test proves."""
    config.addinivalue_line("markers", "clause(name, ...): the test proves that this clause is enforced")
    config.addinivalue_line("markers", "control(name, ...): the test shows that the attempt succeeds where only this clause is left out")


@pytest.fixture(scope="session")
def programs():
    place = os.environ.get("CAISSON_BIN")
    if not place:
        pytest.exit("set CAISSON_BIN to the directory with caisson, caisson-airlock and caisson-server; scripts/test does", 2)
    return Path(place)


@pytest.fixture(scope="session")
def ground():
    """A directory for all tests, removed at the end. Not below /tmp, which every sandbox has of its own."""
    place = Path(tempfile.mkdtemp(prefix="caisson-sandbox.", dir=os.environ.get("TMPDIR") or "/var/tmp"))
    # Tasks of root's front ends have other uids, and read `tools` under their own.
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def tools(ground):
    """The probe and the other kernel, built once."""
    place = ground / "tools"
    place.mkdir(mode=0o755)
    for name in ("probe", "kernel"):
        sources = sorted((HERE / name).glob("*.c"))
        subprocess.run(["gcc", "-O1", "-Wall", "-Werror", "-static", "-o", place / name, *sources], check=True)
    return place
