"""Fixtures of the lanes that run on the host itself: the programs of $CAISSON_BIN, a directory below /var/tmp, the probe built once."""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent


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
