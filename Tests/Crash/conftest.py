"""Fixtures of the crash lane: the programs, harness and probe of the sandbox lane, and one state directory that everything happens to."""
import math
import os
import random
import sys
import time
from pathlib import Path

import pytest

SANDBOX = Path(__file__).resolve().parent.parent / "Sandbox"
sys.path.insert(0, str(SANDBOX))
pytest.register_assert_rewrite("caisson", "crowd", "fixtures", "host", "onhost", "server")

from fixtures import base, caisson, policy, state  # noqa: E402, F401
from onhost import ground, programs, tools  # noqa: E402, F401


def pytest_addoption(parser):
    parser.addoption("--rounds", type=int, default=500, help="how often something is killed")
    parser.addoption("--tasks", type=int, default=10_000, help="how many short tasks run one after the other")
    parser.addoption("--seconds", type=float, help="ends after this time, with what was done until then")
    parser.addoption("--seed", type=int, help="repeats a run; by default another one each time, which the report names")


@pytest.fixture
def is_over(request):
    """Whether the time of --seconds is over; it is counted from here."""
    seconds = request.config.getoption("seconds")
    ends = time.monotonic() + seconds if seconds else math.inf
    return lambda: time.monotonic() > ends


@pytest.fixture
def dice(request):
    seed = request.config.getoption("seed")
    seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    print(f"repeat with --seed {seed}")
    return random.Random(seed)
