"""The policies of the tests, each for one thing."""

import json

HEAD = """
schema = 1
name = "{name}"
description = "for a test"

[require]
degrade = ["cgroup", "groups"]

[[relax]]
key = "require.degrade.cgroup"
reason = "tests run where no controllers are delegated, too"

[[relax]]
key = "require.degrade.groups"
reason = "tests run as an ordinary user, too"

[[relax]]
key = "files.root_workspace"
reason = "tests run as root, too"
"""

ALLOW_ALL = """
[[relax]]
key = "commands.allow_all"
reason = "this test is not about the list"
"""


def policy(name, *, allow=None, commands="", files="", more=""):
    """A policy with a list of commands, or without one."""
    text = HEAD.format(name=name) + ("" if allow is not None else ALLOW_ALL)
    text += "[commands]\n" + (f"allow = {json.dumps(allow)}\n" if allow is not None else "allow_all = true\n")
    return text + commands + "\n[files]\nroot_workspace = true\n" + files + "\n" + more


def all_of(base, tools):
    """Every policy by name.

    base: the directory of all workspaces.
    tools: a directory of programs that no caller can write in.
    """
    claude = {
        "allow": ["claude"],
        "commands": '\n[[commands.rule]]\nprogram = "claude"\nchildren = ["/usr/bin/python3*"]\nreason = "it is a script"\n',
    }
    made = {
        "list": policy("list", allow=["ls", "cat", "echo", "tr", "find", "grep", "cp", "sort"]),
        "asking": policy("asking", allow=["sh", "cat", "echo"], commands='ask = ["touch", "tr", "echo aloud"]\n'),
        "interpreters": policy(
            "interpreters",
            allow=["sh", "bash", "python3", "perl", "find", "xargs", "env", "cat", "cp", "chmod", "echo", "tr", "ls"],
            commands='shell = "check"\n',
        ),
        "check": policy("check", commands='shell = "check"\n'),
        "refuse": policy("refuse", commands='shell = "refuse"\n'),
        "accepting": policy(
            "accepting", commands='shell = "trust"\n', more='[environment]\naccept = ["GREETING", "LC_*"]\n'
        ),
        "brief": policy("brief", more='[limits]\nwall = "1 s"\ngrace = "200 ms"\n'),
        "small-record": policy("small-record", more='[limits]\noutput = "64 KiB"\n'),
        "few-processes": policy("few-processes", more='[limits]\nprocesses = 12\nfile_size = "1 MiB"\n'),
        "places": policy("places", files=f"workspaces = {json.dumps([f'{base}/places/*', f'{base}/work-*'])}\n"),
        "original": policy("original", allow=["ls"], commands="environment = true\n", more=ENVIRONMENT),
        "claude": policy(
            "claude",
            allow=claude["allow"],
            commands=f'path = ["{tools}", "/usr/bin", "/bin"]\n' + claude["commands"],
            files=f'read = ["{tools}"]\n',
        ),
    }
    return made


ENVIRONMENT = """
[[relax]]
key = "commands.environment"
reason = "as users of the original know it"
"""
