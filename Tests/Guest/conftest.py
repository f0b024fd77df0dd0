"""Fixtures of the guest lane: the same programs, harness and probe as the sandbox lane, installed on a disk with ext4.

Runs as root in the machine of scripts/guest, and nowhere else: it takes the whole cgroup hierarchy for its own.
"""
import ctypes
import os
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Sandbox"))
pytest.register_assert_rewrite("caisson", "fixtures", "host", "group", "otherkernel", "test_exit_codes", "test_hardening", "test_kill_proof", "test_lifecycle", "test_limit_keys", "test_limits", "test_policy_keys", "test_posture", "test_receipt", "test_syscalls", "test_terminal", "terminal")

from fixtures import base, caisson, policy, state  # noqa: E402, F401

DISK = Path("/mnt/disk")


def pytest_configure(config):
    for mark in ("claim", "clause", "control"):
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
def landlock():
    """The ABI of the kernel's Landlock: landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION."""
    return ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1)


@pytest.fixture
def limited(caisson):
    """A policy that requires the limits of a cgroup; nothing of the system is in its view, because that compiles at once."""
    def make(limits="", **tables):
        return caisson.policy(
            "limited", commands=caisson.allow("probe", "load"), files='view = "empty"', limits=limits, degrade=[],
            relax={"files.root_workspace": "the guest has no other user"}, **tables)
    return make
