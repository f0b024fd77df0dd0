"""The real Claude Code program: where it is, under which policy it runs, and what it is told of the API."""

import os
import pathlib
import shutil
import socket

# The program of PyPI's claude-agent-sdk, which scripts/test installs and names here.
PROGRAM = pathlib.Path(os.environ.get("CAISSON_CLAUDE", "/nonexistent"))

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = REPOSITORY / "policies"

# What an operator writes who has the program elsewhere and another API than the public one.
POLICY = """
schema = 1
name = "claude"
description = "the shipped policy, with the program and the API of the tests"
extends = ["shipped-claude"]

[commands]
path = ["{tools}", "/usr/local/bin", "/usr/bin", "/bin"]

[files]
read = ["{tools}"]

[network]
ports = [{port}]

[[relax]]
key = "commands.path"
reason = "the program of the tests is in a directory of theirs"

[[relax]]
key = "files.read"
reason = "the program of the tests is in a directory of theirs"

[[relax]]
key = "network.ports"
reason = "the API of the tests is on loopback"
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def install(directory, tools, shipped, port):
    """Makes a directory of policies whose `claude` is the shipped one for the real program and one port."""
    tools.mkdir(mode=0o755)
    try:
        os.link(PROGRAM, tools / "claude")
    except OSError:  # on another file system
        shutil.copy(PROGRAM, tools / "claude")
    (tools / "claude").chmod(0o755)
    shutil.copytree(shipped, directory)
    directory.chmod(0o755)
    (directory / "claude.toml").rename(directory / "shipped-claude.toml")
    (directory / "claude.toml").write_text(POLICY.format(tools=tools, port=port))


def api_environment(api):
    return {"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": "key-of-the-tests"}
