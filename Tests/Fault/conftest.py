"""Fixtures of the fault lane: the programs, harness, probe and other kernel of the sandbox lane."""
import sys
from pathlib import Path

import pytest

SANDBOX = Path(__file__).resolve().parent.parent / "Sandbox"
sys.path.insert(0, str(SANDBOX))
pytest.register_assert_rewrite("caisson", "fixtures", "host", "onhost", "otherkernel")

from fixtures import base, caisson, policy, state  # noqa: E402, F401
from onhost import ground, programs, tools  # noqa: E402, F401


def pytest_addoption(parser):
    parser.addoption("--all-faults", action="store_true", help="every errno at every call, and not one of them in turn")


def pytest_configure(config):
    for mark in ("clause", "control"):
        config.addinivalue_line("markers", f"{mark}(name, ...): see Tests/Sandbox/conftest.py")
