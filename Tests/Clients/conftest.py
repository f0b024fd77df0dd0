"""Real servers, real sandboxes, real tasks: what the tests of `caisson mcp` share.

Environment: CAISSON_BIN is the directory of the built programs (default: those of `scripts/run`).
"""

import importlib.util
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

import host
import models
import policies
import real_claude
from wire import PATIENCE, Server

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CLAUDE = pathlib.Path(__file__).with_name("fake_claude.py")

# What needs more than `mcp` beside it, each in a lane of its own.
collect_ignore = []
if not real_claude.PROGRAM.exists():
    collect_ignore += ["test_real_claude_code.py", "test_claude_as_a_client.py"]
if importlib.util.find_spec("fastmcp_tasks") is None:
    collect_ignore += ["test_fastmcp.py"]


def pytest_configure(config):
    for mark in ("claim", "clause", "control"):
        config.addinivalue_line("markers", f"{mark}(name, ...): see Tests/Sandbox/conftest.py")


def pytest_report_header(config):
    seen = [era for era in models.ERAS if models.schema(era, "JSONRPCMessage")]
    return [
        f"mcp {models.importlib.metadata.version('mcp')}, era {models.ERA}, uid {os.getuid()}",
        f"schemas of the specification: {', '.join(seen) or 'not at hand, the models of mcp alone are used'}",
    ]


@pytest.fixture(autouse=True)
def time_limit():
    """No test waits for ever."""

    def expire(*_):
        raise TimeoutError("the test took longer than two minutes")

    signal.signal(signal.SIGALRM, expire)
    signal.alarm(120)
    yield
    signal.alarm(0)


@pytest.fixture(scope="session")
def programs():
    """The directory of the built programs."""
    directory = pathlib.Path(os.environ.get("CAISSON_BIN", REPOSITORY / ".build/release")).resolve()
    for name in ("caisson", "caisson-airlock", "caisson-server"):
        assert os.access(directory / name, os.X_OK), f"{directory / name} is missing: run scripts/run, or set CAISSON_BIN"
    return directory


@pytest.fixture(scope="session")
def base():
    """A directory for everything that the tests write, removed at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="caisson-clients-")).resolve()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def policy_directory(base):
    """The shipped policies and those of the tests. A program for one of them lies beside it."""
    directory = base / "policies"
    shutil.copytree(REPOSITORY / "policies", directory)
    directory.chmod(0o755)
    tools = base / "tools"
    tools.mkdir(mode=0o755)
    for name, text in policies.all_of(base, tools).items():
        (directory / f"{name}.toml").write_text(text)
        (directory / f"{name}.toml").chmod(0o644)
    shutil.copy(CLAUDE, tools / "claude")
    (tools / "claude").chmod(0o755)
    return directory


@pytest.fixture(scope="session")
def shared_state(base):
    """A state directory that many tests share, as servers of a host do; its policies are compiled once."""
    path = base / "state"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def own_state(base):
    """A state directory with nothing in it."""
    return pathlib.Path(tempfile.mkdtemp(prefix="state-", dir=base))


@pytest.fixture
def workspace(base):
    """An empty workspace."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="work-", dir=base))
    path.chmod(0o755)
    return path


@pytest.fixture
def environment(policy_directory, shared_state):
    """The environment of a front end; a test may add to it."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
        "CAISSON_POLICIES": str(policy_directory),
        "CAISSON_STATE": str(shared_state),
    }


@pytest.fixture
def caisson(programs, environment, workspace):
    """Runs `caisson ARG...` in the workspace."""

    def run(*arguments, state=None, **more):
        return subprocess.run(
            [programs / "caisson", *map(str, arguments)],
            cwd=workspace,
            env=environment | ({"CAISSON_STATE": str(state)} if state else {}),
            capture_output=True,
            timeout=PATIENCE * 2,
            **({"stdin": subprocess.DEVNULL} | more),
        )

    return run


@pytest.fixture
def serve(programs, environment, workspace, shared_state, tmp_path):
    """Starts servers: serve(policy, *other_policies, state=, env=, at=WORKSPACE, era=, capabilities=OF_THE_CLIENT).

    After the test each of them has ended by itself, no message was wrong, and no task is left.
    """
    servers = []
    states = {shared_state}
    log = open(tmp_path / "server.log", "wb")

    def command(policy="open", *others, state=shared_state, at=workspace):
        states.add(state)
        words = [programs / "caisson", "mcp", "--state", state, "--policy", policy, "--workspace", at]
        return words + list(itertools.chain.from_iterable(("--allow-policy", other) for other in others))

    def start(*names, env=None, era=models.ERA, capabilities=None, **options):
        words, variables = command(*names, **options), environment | (env or {})
        servers.append(Server(words, variables, workspace, era, log, capabilities))
        return servers[-1]

    start.command = command
    yield start
    problems = [problem for server in servers for problem in server.dispose()]
    for state in states:
        host.end_tasks(programs / "caisson", state)
    log.close()
    words = (tmp_path / "server.log").read_text(errors="replace")
    assert not problems, "\n".join(problems)
    assert "Fatal error" not in words and "crashed" not in words, words


@pytest.fixture
def server(serve):
    """A server whose callers may run every program."""
    return serve()
