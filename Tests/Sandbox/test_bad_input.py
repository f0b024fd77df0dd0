"""What is wrong gets its own clear error with a remedy, and leaves nothing behind."""
import json
import os
import pathlib
import resource
import subprocess

import pytest

import host


@pytest.fixture
def nothing_comes(caisson):
    """What a refusal leaves: no running task, no process, no mount, no half-made directory, nothing in the workspace."""
    workspace, mounts = host.tree(caisson.workspace), host.mounts()
    yield
    assert caisson.running() == []
    assert host.tree(caisson.workspace) == workspace and len(host.mounts()) == len(mounts)
    tasks = caisson.state / "tasks"
    assert not [name for name in os.listdir(tasks) if name.startswith(".")] if tasks.exists() else True


def refused(ended, code, *words):
    """An error with its code, on standard error alone, that names what is wrong and what to do."""
    lines = ended.words.splitlines()
    assert ended.code == code, (ended.code, ended.words)
    assert ended.out == b"" and lines and all(line.startswith("caisson: ") for line in lines), ended.words
    for word in words:
        assert word in ended.words, (word, ended.words)
    assert "Fatal" not in ended.words and "Swift" not in ended.words
    return ended


# --- programs

def test_a_directory_is_no_program(caisson, policy, nothing_comes):
    refused(caisson.run("/usr/bin", policy=policy), 126, "/usr/bin", "directory")
    refused(caisson.run(str(caisson.workspace), policy=policy), 126, "directory")


def test_a_file_without_permission_is_no_program(caisson, policy, nothing_comes):
    path = caisson.base / "plain"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o644)
    refused(caisson.run(str(path), policy=policy), 126, "execute permission")


@pytest.mark.parametrize("first, word", [
    ("#!/no/such/interpreter", "/no/such/interpreter"), ("#!", "interpreter"), ("#!   ", "interpreter"), ("#!relative", "relative"),
])
def test_a_script_without_an_interpreter(caisson, first, word, nothing_comes):
    script = caisson.base / "scripts" / "script"
    script.parent.mkdir()
    script.write_text(first + "\necho ran\n")
    script.chmod(0o755)
    policy = caisson.policy("script", commands=caisson.allow(script), read=[script.parent])
    ended = caisson.run(str(script), policy=policy)
    assert ended.code in (125, 126) and ended.out == b"" and word in ended.words, ended.words


def test_nothing_to_run(caisson, policy, nothing_comes):
    refused(caisson.call("run", "--policy", policy), 125, "program")
    ended = caisson.run("", policy=policy)
    assert ended.code in (126, 127) and ended.out == b"" and ended.words.startswith("caisson: ")


@pytest.mark.parametrize("words", [["--no-such-option"], ["--timeout", "soon"], ["--env", "NOVALUE"], ["--policy"], ["--timeout", "-1s"]])
def test_wrong_options(caisson, policy, words, nothing_comes):
    ended = caisson.call("run", *words)
    refused(ended, 125)


def test_an_unknown_command(caisson):
    refused(caisson.call("rnu", "--", "true"), 125, "rnu", "run")
    assert caisson.call("--help").code == 0 and caisson.call("run", "--help").ok().out


# --- workspaces

@pytest.mark.parametrize("place", ["/", "/etc", "/usr", "/usr/lib", "/tmp", "/home", "/root", "/var", "/proc", "/usr/local/bin", "/dev", "/sys", "/boot"])
def test_forbidden_workspaces(caisson, policy, place, nothing_comes):
    if not os.path.isdir(place):
        pytest.skip(f"this host has no {place}")
    ended = caisson.run("probe", "exit", "0", policy=policy, workspace=place)
    # What this user can't even open is refused for that reason.
    words = ["--workspace"] if os.access(place, os.R_OK | os.X_OK) else ["can't be opened", "permission"]
    refused(ended, 126, os.path.realpath(place).replace(str(os.getpid()), ""), *words)


def test_a_home_directory_is_no_workspace_and_a_link_to_one_neither(caisson, policy, nothing_comes):
    home = caisson.base / "home"
    home.mkdir()
    (caisson.base / "link").symlink_to(home)
    for place in (home, caisson.base / "link", caisson.base / "link" / "." / ".." / "home"):
        refused(caisson.run("probe", "exit", "0", policy=policy, workspace=place, env={"HOME": str(home)}), 126, "home directory")


def test_the_state_and_policy_directories_are_no_workspace(caisson, policy, nothing_comes):
    policies = caisson.base / "named"
    policies.mkdir()
    for place in (caisson.state, caisson.state / "tasks", caisson.state.parent, policies):
        ended = caisson.run("probe", "exit", "0", policy=policy, workspace=place, env={"CAISSON_POLICIES": str(policies)})
        refused(ended, 126, "Caisson keeps its state or policies there")


def test_a_policy_that_a_task_could_write_is_refused(caisson, nothing_comes):
    """B15: nothing that a task can write is ever read as a policy."""
    text = open(caisson.policy("inside", own=True)).read()
    inside = caisson.workspace / "inside.toml"
    inside.write_text(text)
    inside.chmod(0o644)
    try:
        ended = caisson.run("probe", "exit", "0", policy=str(inside))
        assert ended.code in (125, 126) and "workspace" in ended.words, ended.words
    finally:
        inside.unlink()


def test_a_workspace_that_is_missing_or_no_directory_or_not_readable(caisson, policy, nothing_comes):
    refused(caisson.run("probe", "exit", "0", policy=policy, workspace=caisson.base / "none"), 126, "none", "make the directory")
    (caisson.base / "file").write_text("")
    refused(caisson.run("probe", "exit", "0", policy=policy, workspace=caisson.base / "file"), 126, "file")
    closed = caisson.base / "closed"
    closed.mkdir(mode=0o000)
    ended = caisson.run("probe", "list", ".", policy=policy, workspace=closed)
    if host.EFFECTIVE_ROOT:
        assert "neighbour" not in ended.text
    else:
        refused(ended, 126, "closed", "permission")
    closed.chmod(0o700)


def test_a_workspace_outside_of_those_of_the_policy(caisson, nothing_comes):
    policy = caisson.policy("places", files='workspaces = ["/srv/agents/*"]')
    refused(caisson.run("probe", "exit", "0", policy=policy), 126, "files.workspaces", f"{policy}:")


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="it is about root's own directories")
@pytest.mark.clause("files.root_workspace")
def test_root_s_own_directory_needs_a_word_in_the_policy(caisson, nothing_comes):
    path = caisson.policy("plain", own=True)
    text = open(path).read().replace("root_workspace = true", "").replace(
        '[[relax]]\nkey = "files.root_workspace"\nreason = "the tests run as root, too"', "")
    open(path, "w").write(text)
    refused(caisson.run("probe", "exit", "0", policy=path), 126, "root_workspace", "belongs to root")


@pytest.mark.parametrize("place", ["/etc", "..", "../..", "link", "none", "file"])
def test_a_directory_to_start_in_stays_in_the_workspace(caisson, policy, place):
    """D2."""
    (caisson.workspace / "link").symlink_to("/etc")
    (caisson.workspace / "file").write_text("")
    refused(caisson.run("probe", "exit", "0", policy=policy, options=["--cwd", place]), 126)
    (caisson.workspace / "inner").mkdir()
    assert caisson.run("probe", "exit", "0", policy=policy, options=["--cwd", "inner"]).code == 0


# --- policies

GOOD = 'schema = 1\nname = "bad"\ndescription = "x"\n[commands]\nallow = ["true"]\n'


@pytest.mark.parametrize("text, line, words", [
    ('schema = 1\nname = "bad\n', 2, ["no end"]),
    (GOOD + "alow = [1]\n", 6, ["alow", "allow"]),
    (GOOD + "allow_all = 1\n", 6, ["allow_all"]),
    (GOOD + '[limits]\nmemory = "2 GB of it"\n', 7, ["memory"]),
    (GOOD + '[limits]\nmemory = "99999999999999999999 TiB"\n', 7, ["memory"]),
    (GOOD + "allow_all = true\n", 6, ["relax"]),
    (GOOD + 'allow = ["ls"]\n', 6, ["allow"]),
    (GOOD + '[network]\nmode = "hots"\n', 7, ["host"]),
    (GOOD + '[files]\nview = "none"\n', 7, ["view"]),
    (GOOD + 'extends = ["bad"]\n', 6, []),
    (GOOD + '[[relax]]\nkey = "files.execute"\nreason = ""\n', 8, ["reason"]),
    ("", 1, ["schema"]),
    ("\ufeffschema = 1\n", 1, ["byte order mark"]),
    ("schema = 1\na = " + "[" * 5000, 2, []),
], ids=range(14))
def test_a_policy_that_does_not_parse(caisson, text, line, words, nothing_comes):
    """J1: file, line, column, and the nearest valid spelling."""
    path = caisson.policies / "bad.toml"
    path.write_text(text)
    path.chmod(0o644)
    ended = caisson.run("true", policy=str(path))
    assert ended.code == 125 and ended.out == b""
    assert f"bad.toml:{line}:" in ended.words, ended.words
    for word in words:
        assert word in ended.words, ended.words


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o664])
@pytest.mark.claim("S-20")
def test_a_policy_that_others_can_write(caisson, mode, nothing_comes):
    policy = caisson.policy("probe", own=True)
    os.chmod(policy, mode)
    refused(caisson.run("probe", "exit", "0", policy=policy), 125, "others may write", "chmod")


def test_a_policy_directory_that_others_can_write(caisson, nothing_comes):
    policy = caisson.policy("probe", own=True)
    os.chmod(caisson.policies, 0o777)
    refused(caisson.run("probe", "exit", "0", policy=policy), 125, "others may write", "chmod")
    os.chmod(caisson.policies, 0o755)


def test_a_policy_that_includes_itself(caisson, nothing_comes):
    for name, other in (("a", "b"), ("b", "a")):
        path = caisson.policies / f"{name}.toml"
        path.write_text(f'schema = 1\nname = "{name}"\ndescription = "x"\nextends = ["{other}"]\n')
        path.chmod(0o644)
    ended = caisson.run("true", policy="a", env={"CAISSON_POLICIES": str(caisson.policies)})
    assert ended.code == 125 and ".toml:4:" in ended.words, ended.words


@pytest.mark.claim("S-28")
def test_a_policy_that_changes_is_read_again_and_a_damaged_cache_is_made_again(caisson, nothing_comes):
    policy = caisson.policy("changing", commands=caisson.allow("true"), own=True)
    assert caisson.run("true", policy=policy).code == 0
    caisson.policy("changing", commands=caisson.allow("false"), own=True)
    assert caisson.run("true", policy=policy).code == 126 and caisson.run("false", policy=policy).code == 1
    cache = [path for path in caisson.state.rglob("*") if path.is_file() and "tasks" not in path.parts and "layers" not in path.parts]
    kept = {path: path.read_bytes() for path in cache}
    for path in cache:
        if "olic" in str(path):
            path.write_bytes(b"damaged" + kept[path][: len(kept[path]) // 2])
    assert caisson.run("true", policy=policy).code == 126 and caisson.run("false", policy=policy).code == 1


# --- state directories

def other_state(caisson, path, **more):
    return caisson.run("probe", "exit", "0", policy=caisson.policy("probe"), env={"CAISSON_STATE": str(path)}, **more)


def test_a_state_directory_that_others_may_enter(caisson):
    path = caisson.base / "open-state"
    path.mkdir()
    path.chmod(0o755)
    refused(other_state(caisson, path), 125, str(path), "chmod 700")


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root can give a directory away")
@pytest.mark.claim("S-20")
def test_a_state_directory_of_somebody_else(caisson):
    path = caisson.base / "their-state"
    path.mkdir(mode=0o700)
    os.chown(path, 4242, 4242)
    refused(other_state(caisson, path), 125, "4242", "--state")


@pytest.mark.skipif(host.EFFECTIVE_ROOT, reason="root may write everywhere")
def test_a_state_directory_that_can_not_be_made(caisson):
    refused(other_state(caisson, "/root/caisson-state"), 125, "--state")
    refused(other_state(caisson, "/usr/caisson-state"), 125, "--state")


def test_a_state_directory_that_is_a_file(caisson):
    path = caisson.base / "file-state"
    path.write_text("")
    refused(other_state(caisson, path), 125, str(path))


def test_a_new_state_directory_is_made_for_its_owner_alone(caisson):
    path = caisson.base / "a" / "new" / "state"
    assert other_state(caisson, path).code == 0
    assert path.stat().st_mode & 0o777 == 0o700
    found = [place for place in path.rglob("*") if "layers" not in place.parts and not place.is_symlink()]
    assert not [place for place in found if place.stat().st_mode & 0o022]
    subprocess.run(["rm", "-rf", str(path)], check=True)


def test_a_file_size_limit_of_the_caller_is_a_failure_with_a_word(caisson):
    """A disk that is full, as far as a user without privilege can make one: the record can't be written."""
    policy = caisson.policy("probe")
    caisson.run("probe", "exit", "0", policy=policy)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    before = caisson.ids
    ended = caisson.run("probe", "exit", "0", policy=policy, preexec_fn=limit)
    assert ended.code == 125 and "free some space" in ended.words, (ended.code, ended.words)
    assert caisson.ids == before


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root can make a small file system")
def test_a_full_disk_under_the_state_directory(caisson):
    path = caisson.base / "small"
    path.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "caisson-test", path], check=True)
    try:
        state = path / "state"
        first = other_state(caisson, state)
        assert first.code in (0, 125), first.words
        if first.code == 0:
            filler = path / "filler"
            with open(filler, "wb") as file:
                try:
                    while True:
                        file.write(b"x" * 4096)
                        file.flush()
                except OSError:
                    pass
            full = other_state(caisson, state)
            assert full.code == 125 and "space" in full.words, full.words
            assert not [name for name in os.listdir(state / "tasks") if name.startswith(".")]
            filler.unlink()
            assert other_state(caisson, state).code == 0, "and with space it works again"
        else:
            assert "space" in first.words, first.words
    finally:
        assert host.until(lambda: subprocess.run(["umount", path], capture_output=True).returncode == 0), "still in use"


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root can make a small file system")
def test_a_disk_that_fills_while_a_task_prints(caisson):
    """The task and its end are not harmed by a record that has no more room: what was lost is told."""
    path = caisson.base / "small"
    path.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "caisson-test", path], check=True)
    try:
        policy = caisson.policy("probe")
        env = {"CAISSON_STATE": str(path / "state")}
        ended = caisson.run("probe", "flood", str(30 << 20), policy=policy, env=env, options=["--json"])
        assert len(ended.out) == 30 << 20, "the pipe is whole"
        assert ended.code == 0 and ended.view["status"] == "exited", ended.words
        assert caisson.are_gone([ended.view["task_id"]])
    finally:
        assert host.until(lambda: subprocess.run(["umount", path], capture_output=True).returncode == 0), "still in use"


# --- tasks

@pytest.mark.parametrize("command", ["wait", "stop", "logs", "inspect"])
@pytest.mark.parametrize("name", ["0123456789abcdef0123456789abcdef", "abcd", "xyz", "../../etc", "0" * 4000])
def test_a_task_that_does_not_exist(caisson, policy, command, name):
    refused(caisson.call(command, name), 125, "caisson ps")


@pytest.mark.claim("S-20")
def test_the_helper_must_belong_to_root_or_the_caller(caisson, policy):
    """A helper that somebody else could have replaced is not run."""
    import shutil
    place = caisson.base / "bin"
    place.mkdir()
    for name in ("caisson", "caisson-airlock", "caisson-server"):
        shutil.copy(caisson.programs / name, place / name)
    (place / "caisson-airlock").chmod(0o777)
    caisson.programs = place
    refused(caisson.run("probe", "exit", "0", policy=policy), 125, "can't be trusted")
    (place / "caisson-airlock").chmod(0o755)
    assert caisson.run("probe", "exit", "0", policy=policy).code == 0
    (place / "caisson-airlock").unlink()
    refused(caisson.run("probe", "exit", "0", policy=policy), 125, "caisson-airlock is missing")


@pytest.mark.parametrize("key", ["read", "write"])
@pytest.mark.parametrize("spelled", ["itself", "above", "through a link"])
def test_no_place_of_a_policy_holds_the_state_directory(caisson, key, spelled):
    """It has the plans of all tasks, with their environments; as a lower layer it was ELOOP on Linux 6.12."""
    above = caisson.base / "above"
    (above / "beside").mkdir(parents=True)
    (above / "beside" / "file").write_text("seen")
    (above / "state").mkdir(mode=0o700)
    link = caisson.base / "link"
    link.symlink_to(above)
    place = {"itself": above / "state", "above": above, "through a link": link}[spelled]

    def attempt(place):
        places = {"read": [str(caisson.tools)], "write": ["{workspace}"]}
        places[key].append(str(place))
        text = f'view = "empty"\nroot_workspace = true\nread = {json.dumps(places["read"])}\nwrite = {json.dumps(places["write"])}'
        policy = caisson.policy("holding", own=True)
        lines = pathlib.Path(policy).read_text().split("[files]\n")
        rest = lines[1].split("\n[require]")[1]
        pathlib.Path(policy).write_text(f"{lines[0]}[files]\n{text}\n[require]{rest}")
        return caisson.run("probe", "exit", "7", policy=policy, env={"CAISSON_STATE": str(above / "state")})

    refused = attempt(place)
    assert refused.code in (125, 126) and "holds the state directory" in refused.words and "--state" in refused.words, refused.words
    assert os.listdir(above / "state" / "tasks") == []
    # The control: what lies beside it is no such place.
    assert attempt(above / "beside").code == 7
