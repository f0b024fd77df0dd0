"""Fixtures of the guest lane: the same programs, harness and probe as the sandbox lane, installed on a disk with ext4.

Runs as root in the machine of scripts/guest, and nowhere else: it takes the whole cgroup hierarchy for its own.
"""
import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Sandbox"))
pytest.register_assert_rewrite("caisson", "host", "group", "otherkernel", "test_exit_codes", "test_hardening", "test_kill_proof", "test_lifecycle", "test_limit_keys", "test_limits", "test_policy_keys", "test_posture", "test_receipt", "test_syscalls")

from caisson import Caisson  # noqa: E402

DISK = Path("/mnt/disk")


def pytest_configure(config):
    for mark in ("clause", "control"):
        config.addinivalue_line("markers", f"{mark}(name, ...): see Tests/Sandbox/conftest.py")
    if not os.path.ismount(DISK) or not os.path.ismount("/sys/fs/cgroup"):
        pytest.exit("these tests run in the guest: scripts/test --guest", 2)


@pytest.fixture(scope="session")
def programs():
    """An installation on ext4 that belongs to root, whoever built the programs."""
    place, built = DISK / "caisson", Path(os.environ["CAISSON_BIN"])
    (place / "bin").mkdir(parents=True)
    for name in ("caisson", "caisson-airlock", "caisson-server"):
        shutil.copyfile(built / name, place / "bin" / name)
        (place / "bin" / name).chmod(0o755)
    shutil.copytree(HERE.parent.parent / "policies", place / "share/caisson/policies", copy_function=shutil.copyfile)
    return place / "bin"


@pytest.fixture(scope="session")
def ground():
    place = DISK / "ground"
    place.mkdir(mode=0o755)
    return place


@pytest.fixture(scope="session")
def tools(ground):
    """The sandbox lane's probe and other kernel, and this lane's `load`, which were built on the host."""
    place, built = ground / "tools", Path(os.environ["CAISSON_TOOLS"])
    place.mkdir(mode=0o755)
    for name in ("probe", "load", "kernel"):
        shutil.copyfile(built / name, place / name)
        (place / name).chmod(0o755)
    return place


@pytest.fixture(scope="session")
def state(ground):
    place = ground / "state"
    place.mkdir(mode=0o700)
    return place


@pytest.fixture(scope="session")
def landlock():
    """The ABI of the kernel's Landlock: landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION."""
    return ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1)


@pytest.fixture
def base(ground, request):
    # Short: the path of a socket ends at 107 bytes.
    name = "".join(c if c.isalnum() else "-" for c in request.node.name.removeprefix("test_"))[:16]
    place = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=ground))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def caisson(programs, base, state, tools):
    """Caisson with a workspace of this test's own on ext4. What a test leaves behind fails it."""
    workspace = base / "workspace"
    workspace.mkdir(mode=0o755)
    made = Caisson(programs, base, state, workspace, tools)
    yield made
    left = made.clean()
    assert not left, f"left behind: {left}"


@pytest.fixture
def policy(caisson):
    """The probe and the system's view."""
    return caisson.policy("probe")


@pytest.fixture
def limited(caisson):
    """A policy that requires the limits of a cgroup; nothing of the system is in its view, because that compiles at once."""
    def make(limits="", **tables):
        return caisson.policy(
            "limited", commands=caisson.allow("probe", "load"), files='view = "empty"', limits=limits, degrade=[],
            relax={"files.root_workspace": "the guest has no other user"}, **tables)
    return make
