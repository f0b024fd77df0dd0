"""Fixtures that do not care where they run: the sandbox lane and the guest lane have their own programs, ground and tools."""
import shutil
import tempfile
from pathlib import Path

import pytest

from caisson import Caisson


@pytest.fixture(scope="session")
def state(ground):
    """One state directory: compiled policies and the scan of /usr are kept from test to test, as they are for users."""
    place = ground / "state"
    place.mkdir(mode=0o700)
    return place


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
    """Caisson with a workspace of this test's own. Whatever a test leaves behind fails it, and is ended all the same."""
    workspace = base / "workspace"
    workspace.mkdir(mode=0o755)
    made = Caisson(programs, base, state, workspace, tools)
    yield made
    left = made.clean()
    assert not left, f"left behind: {left}"


@pytest.fixture
def policy(caisson):
    """The smallest policy: the probe, nothing else."""
    return caisson.policy("probe")
