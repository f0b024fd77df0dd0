"""Fixtures of the power lane: one installation and one state directory on a disk that is there again after the next boot.

What the tests know of the boot before is in $CAISSON_NOTES, on the host, whose power stays.
"""
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in ("Sandbox", "Crash"):
    sys.path.insert(0, str(HERE.parent / folder))
pytest.register_assert_rewrite("caisson", "crowd", "host")

from caisson import Caisson  # noqa: E402

DISK = Path("/mnt/disk")


def pytest_configure():
    if not os.path.ismount(DISK):
        pytest.exit("these tests run in the guest: scripts/test --only guest", 2)


class Notes:
    """What the host knows."""

    def __init__(self):
        self.path = Path(os.environ["CAISSON_NOTES"])

    def read(self):
        return json.loads(self.path.read_text()) if self.path.exists() else None

    def write(self, notes):
        self.path.write_text(json.dumps(notes))


@pytest.fixture(scope="session")
def notes():
    return Notes()


@pytest.fixture(scope="session")
def caisson():
    """The same in every boot: nothing is removed."""
    place, built = DISK / "caisson", Path(os.environ["CAISSON_BIN"])
    if not place.is_dir():
        install(place, built)
    base = DISK / "ground"
    (base / "workspace").mkdir(mode=0o755, parents=True, exist_ok=True)
    (base / "state").mkdir(mode=0o700, exist_ok=True)
    yield Caisson(place / "bin", base, base / "state", base / "workspace", place / "tools")


def install(place, built):
    for name in ("bin", "tools"):
        (place / name).mkdir(parents=True)
    for name in ("caisson", "caisson-airlock", "caisson-server"):
        copy(built / name, place / "bin" / name)
    copy(Path(os.environ["CAISSON_TOOLS"]) / "probe", place / "tools/probe")
    # An installation is not what is tested: it is on disk before anything starts.
    os.sync()


def copy(source, target):
    shutil.copyfile(source, target)
    target.chmod(0o755)
