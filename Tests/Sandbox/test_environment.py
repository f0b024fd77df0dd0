"""The task's environment, and the two switches of the original."""
import os

import pytest

import host

# Class C: what loaders, interpreters, git, proxies and secret stores read.
HOSTILE = """
LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH LD_DEBUG GCONV_PATH GLIBC_TUNABLES MALLOC_CHECK_ LOCPATH NLSPATH HOSTALIASES RES_OPTIONS
BASH_ENV ENV BASH_FUNC_x%% SHELLOPTS BASHOPTS PS4 IFS PROMPT_COMMAND CDPATH
PYTHONSTARTUP PYTHONPATH PYTHONHOME PERL5OPT PERL5LIB NODE_OPTIONS NODE_PATH RUBYOPT RUBYLIB JAVA_TOOL_OPTIONS LUA_INIT
GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0 GIT_DIR GIT_EXEC_PATH LESSOPEN EDITOR VISUAL
HTTP_PROXY http_proxy HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE CURL_HOME
AWS_SECRET_ACCESS_KEY GITHUB_TOKEN ANTHROPIC_API_KEY SSH_AUTH_SOCK DBUS_SESSION_BUS_ADDRESS NOTIFY_SOCKET XDG_RUNTIME_DIR DISPLAY
CAISSON_SECRET MAKEFLAGS TMPDIR_OTHER ALLOWED_COMMANDS
""".split()


def variables(data):
    return dict(entry.split(b"=", 1) for entry in data.split(b"\0") if entry)


@pytest.mark.clause("environment.keep", "environment.set")
@pytest.mark.control("environment.keep", "environment.set")
@pytest.mark.claim("S-16")
def test_only_what_the_policy_names_reaches_the_task(caisson):
    """C1 to C6; 1.1: children inherited the server's full environment."""
    policy = caisson.policy("environment", environment='keep = ["LANG", "KEPT_*"]\nset = { SET = "by the policy" }')
    env = {name: "canary" for name in HOSTILE} | {"KEPT_A": "kept", "LD_PRELOAD": "/canary/none.so"}
    found = variables(caisson.run("probe", "environment", policy=policy, env=env).out)
    assert b"canary" not in b" ".join(found.values())
    assert set(found) == {b"PATH", b"HOME", b"TMPDIR", b"USER", b"LOGNAME", b"LANG", b"KEPT_A", b"SET"}
    assert found[b"KEPT_A"] == b"kept" and found[b"SET"] == b"by the policy" and found[b"HOME"] == b"/home/task"


def test_proc_shows_the_same_environment_from_outside(caisson, policy):
    task = caisson.detach("probe", "pause", policy=policy, env={name: "canary" for name in HOSTILE}).says("ready")
    assert b"canary" not in host.read(f"/proc/{task.pid}/environ")
    init = int(host.status(task.pid)["PPid"])
    monitor = int(host.status(init)["PPid"])
    if host.EFFECTIVE_ROOT:
        for pid in (init, monitor):
            assert host.read(f"/proc/{pid}/environ") == b"", "the airlock has no environment at all"


def test_odd_entries_of_the_caller_do_no_harm(caisson, policy):
    """C7: entries without `=`, twice the same name, newlines."""
    import ctypes
    line = [caisson.program, *map(str, caisson.line(["probe", "environment"], policy, caisson.workspace, []))]
    entries = [f"{name}={value}" for name, value in caisson.variables.items()]
    entries += ["NOEQUALS", "=empty", "LANG=second", "A=1\nLD_PRELOAD=x", ""]
    environment = (ctypes.c_char_p * (len(entries) + 1))(*[entry.encode() for entry in entries], None)
    arguments = (ctypes.c_char_p * (len(line) + 1))(*[word.encode() for word in line], None)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writing, 1)
        os.close(0)
        ctypes.CDLL(None).execve(line[0].encode(), arguments, environment)
        os._exit(99)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        out = stream.read()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    found = variables(out)
    assert found.pop(b"LANG") == b"second" and set(found) == {b"PATH", b"HOME", b"TMPDIR", b"USER", b"LOGNAME"}


@pytest.mark.parametrize("entry", ["LD_PRELOAD=/x", "PATH=/tmp", "OTHER=1", "BASH_ENV=x", "GIT_DIR=x", "NODE_OPTIONS=x"])
@pytest.mark.clause("environment.accept")
@pytest.mark.claim("S-16")
def test_a_request_sets_only_what_the_policy_accepts(caisson, entry):
    policy = caisson.policy("accept", environment='accept = ["WANTED"]')
    found = variables(caisson.run("probe", "environment", policy=policy, options=["--env", "WANTED=1"]).ok().out)
    assert found[b"WANTED"] == b"1"
    ended = caisson.run("probe", "environment", policy=policy, options=["--env", entry])
    assert ended.code == 126 and ended.out == b"" and entry.split("=")[0] in ended.words and "WANTED" in ended.words


# --- ALLOWED_COMMANDS and ALLOW_ALL_COMMANDS

@pytest.fixture
def switched(caisson):
    """A policy that listens to both."""
    return switching(caisson)


def switching(caisson, name="switched", **more):
    return caisson.policy(name, commands=caisson.allow("probe") + "\nenvironment = true", relax={
        "commands.environment": "as the original", "files.root_workspace": "root",
        "require.degrade.cgroup": "x", "require.degrade.groups": "x"}, **more)


@pytest.mark.clause("commands.environment")
@pytest.mark.control("commands.environment")
def test_allowed_commands_adds_to_the_list(caisson, switched):
    assert caisson.run("echo", "x", policy=switched).code == 126
    env = {"ALLOWED_COMMANDS": "echo, git status ,sh"}
    assert caisson.run("echo", "x", policy=switched, env=env).ok().text == "x\n"
    assert caisson.run("git", "push", policy=switched, env=env).code == 126
    ended = caisson.run("sh", "-c", "echo in; /usr/bin/id", policy=switched, env=env)
    assert ended.text == "in\n" and b"uid=" not in ended.err, "the kernel holds to the same list"
    assert caisson.run("echo", "x", policy=switched).code == 126, "and the next run without it to its own"


def test_allow_all_commands_allows_every_command(caisson, switched):
    for value in ("false", "0", "1", "yes", "TRUE ", ""):
        assert caisson.run("id", policy=switched, env={"ALLOW_ALL_COMMANDS": value}).code == 126, value
    env = {"ALLOW_ALL_COMMANDS": "true"}
    assert b"uid=" in caisson.run("id", policy=switched, env=env).ok().out
    assert b"uid=" in caisson.run("sh", "-c", "exec env id", policy=switched, env=env).ok().out


@pytest.mark.parametrize("variable", ["ALLOW_ALL_COMMANDS", "ALLOWED_COMMANDS"])
@pytest.mark.clause("commands.environment")
def test_the_switches_do_nothing_in_a_policy_that_does_not_listen(caisson, policy, variable):
    """B18."""
    value = "true" if variable == "ALLOW_ALL_COMMANDS" else "id,echo"
    assert caisson.run("id", policy=policy, env={variable: value}).code == 126


def test_a_caller_can_not_set_the_switches_in_a_request(caisson, switched):
    ended = caisson.run("id", policy=switched, options=["--env", "ALLOW_ALL_COMMANDS=true"])
    assert ended.code == 126 and ended.out == b""


@pytest.mark.clause("commands.allow_all")
def test_every_other_layer_stays_with_allow_all(caisson):
    """Promise 2, B18, B20: files, network, capabilities, limits, system calls and kill are as they were."""
    policy = switching(caisson, "allow-all", limits="open_files = 50\nprocesses = 20")
    env = {"ALLOW_ALL_COMMANDS": "true"}
    secret = caisson.base / "secret"
    secret.write_text("canary")
    ended = caisson.run("sh", "-c", f"cat {secret} /etc/shadow; echo x > /usr/canary; ls -A /home/task", policy=policy, env=env)
    assert ended.out == b"" and b"canary" not in ended.out and not os.path.exists("/usr/canary")
    results = caisson.run("probe", "syscalls", policy=policy, env=env).results
    for name in ("unshare-user", "mount", "ptrace", "keyctl", "bpf", "io_uring_setup"):
        assert results[name] in ("EPERM", "ENOSYS"), name
    assert caisson.run("probe", "families", policy=policy, env=env).results["inet-tcp"] == "EAFNOSUPPORT"
    assert caisson.run("probe", "files", policy=policy, env=env).results["opened"] == "50"
    task = caisson.detach("probe", "linger", "allow-all", "setsid", policy=policy, env=env).says("ready")
    status = host.status(task.pid)
    assert {status[name] for name in ("CapEff", "CapBnd", "CapPrm")} == {"0" * 16} and status["Seccomp"] == "2"
    assert {flags >= {"noexec"} for place, flags, *_ in host.mounts(task.pid) if place in ("/tmp", str(caisson.workspace))} == {True}
    copies = caisson.run("probe", "copies", "/tmp", str(caisson.workspace), policy=policy, env=env).results
    assert {copies[f"/tmp {way}"] for way in ("execve", "execveat", "mmap")} <= {"EACCES", "EPERM"}
    task.stop("--grace", "0s").ok()
    assert not host.having("allow-all", "probe")


def test_the_policy_open_keeps_every_other_layer(caisson, canary=b"canary"):
    secret = caisson.base / "secret"
    secret.write_bytes(canary)
    ended = caisson.run("sh", "-c", f"id; cat {secret}; cat /etc/shadow", policy="open")
    assert b"uid=" in ended.out and canary not in ended.out + ended.err
    assert b"root:" not in ended.out


def test_the_policy_hardened_ignores_the_environment_and_says_so(caisson):
    ended = caisson.run("id", policy="hardened", env={"ALLOW_ALL_COMMANDS": "true", "ALLOWED_COMMANDS": "id"})
    assert ended.code in (125, 126) and ended.out == b""
