"""Fixtures of the fault lane: the programs, harness, probe and other kernel of the sandbox lane."""
import math
import sys
import time
from pathlib import Path

import pytest

SANDBOX = Path(__file__).resolve().parent.parent / "Sandbox"
sys.path[:0] = [str(SANDBOX), str(SANDBOX.parent / "Crash")]
pytest.register_assert_rewrite("caisson", "fixtures", "host", "onhost", "otherkernel")

from fixtures import base, caisson, policy, state  # noqa: E402, F401
from onhost import ground, programs, tools  # noqa: E402, F401


def pytest_addoption(parser):
    parser.addoption("--all-faults", action="store_true", help="every errno at every call, and not one of them in turn")
    parser.addoption("--seconds", type=float, help="ends after this time, with what was done until then, in another order each time")


@pytest.fixture
def is_over(request):
    """Whether this test's share of --seconds is over, counted from here."""
    seconds = request.config.getoption("seconds")
    ends = time.monotonic() + seconds / len(request.session.items) if seconds else math.inf
    return lambda: time.monotonic() > ends


def pytest_configure(config):
    for mark in ("claim", "clause", "control"):
        config.addinivalue_line("markers", f"{mark}(name, ...): see Tests/Sandbox/conftest.py")
