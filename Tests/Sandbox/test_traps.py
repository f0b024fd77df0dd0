"""DESIGN, Traps: descriptors and scripts, races between the check and the execution, launches that fail half-way."""
import fcntl
import hashlib
import os
import shutil
import subprocess
import threading
import time

import pytest

import host


def script(path, *lines, mode=0o755):
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    path.chmod(mode)
    return path


# --- scripts

def test_a_script_runs_by_its_interpreter_and_no_descriptor_leaks(caisson):
    """execveat of a script on a CLOEXEC descriptor is ENOENT, and without CLOEXEC the descriptor leaks (tried)."""
    path = script(caisson.base / "scripts" / "list", "#!/bin/sh", 'echo "$0" "$@"; ls /proc/self/fd; sleep 300')
    policy = caisson.policy("script", commands=caisson.allow(path, "sh", "ls", "sleep"), read=[path.parent])
    task = caisson.detach(str(path), "a b", "", policy=policy).says(str(path))
    assert host.until(lambda: b"3\n" in task.logs())
    assert task.logs().decode().splitlines()[0] == f"{path} a b "
    assert sorted(host.descriptors(task.pid)) == [0, 1, 2] or set(host.descriptors(task.pid)) <= {0, 1, 2, 10, 255}
    assert str(path).encode() in host.command_line(task.pid)


def test_a_script_that_is_not_in_the_view_is_told_so(caisson):
    path = script(caisson.base / "scripts" / "unseen", "#!/bin/sh", "echo ran")
    ended = caisson.run(str(path), policy=caisson.policy("unseen", commands=caisson.allow(path, "sh")))
    assert ended.code == 127 and "files.read" in ended.words and str(path) in ended.words, ended.words


def test_nested_interpreters_and_an_argument(caisson):
    """execve(2): up to four scripts deep; the rest of the line is one argument."""
    place = caisson.base / "scripts"
    inner = script(place / "inner", "#!/bin/sh -e", 'for a; do echo "[$a]"; done')
    outer = script(place / "outer", f"#! {inner} one  argument ", "not shell")
    policy = caisson.policy("nested", commands=caisson.allow(outer, inner, "sh"), read=[place])
    inside = caisson.run(str(outer), "x", policy=policy).ok().text
    assert inside == subprocess.run([outer, "x"], capture_output=True, text=True, check=True).stdout
    assert inside.splitlines() == ["[one  argument]", f"[{outer}]", "[x]"]
    last = inner
    for number in range(5):
        last = script(place / f"deep{number}", f"#!{last}")
    deep = caisson.policy("deep", commands=caisson.allow(last, "sh"))
    ended = caisson.run(str(last), policy=deep)
    assert ended.code == 126 and "deep" in ended.words


def test_a_script_that_is_pinned(caisson):
    """The rule's digest is that of the script, and not of its interpreter."""
    path = script(caisson.base / "scripts" / "pinned", "#!/bin/sh", "echo ran")
    rule = f'[[commands.rule]]\nprogram = "{path}"\nsha256 = "{hashlib.sha256(path.read_bytes()).hexdigest()}"\nreason = "pinned"'
    policy = caisson.policy("pinned", commands=caisson.allow(path, "sh"), rules=rule, read=[path.parent])
    assert caisson.run(str(path), policy=policy).ok().text == "ran\n"
    path.write_text("#!/bin/sh\necho other\n")
    ended = caisson.run(str(path), policy=policy)
    assert ended.code == 126 and ended.out == b"" and "pins" in ended.words


def test_an_allowed_script_does_not_let_its_interpreter_run_anything_else(caisson):
    """B8: the interpreter is in the view for the script; what it starts meets the same list."""
    path = script(caisson.base / "scripts" / "s", "#!/bin/sh", "id; /usr/bin/id; exec id")
    policy = caisson.policy("s", commands=caisson.allow(path), read=[path.parent])
    ended = caisson.run(str(path), policy=policy)
    assert b"uid=" not in ended.out + ended.err


def test_a_script_of_the_workspace_is_refused(caisson):
    script(caisson.workspace / "s", "#!/bin/sh", "echo ran")
    policy = caisson.policy("sh", commands=caisson.allow("sh"))
    ended = caisson.run("./s", policy=policy)
    assert ended.code == 126 and ended.out == b""


def test_a_program_with_the_permission_to_execute_alone(caisson):
    """It can't be read, and so it can't be a script; it runs where its policy names it."""
    place = caisson.base / "tools-closed"
    place.mkdir()
    shutil.copy(caisson.probe, place / "closed")
    (place / "closed").chmod(0o711 if host.EFFECTIVE_ROOT else 0o111)
    path = caisson.policy("closed", commands=caisson.allow(place / "closed"), read=[place])
    assert caisson.run(str(place / "closed"), "exit", "6", policy=path).code == 6


def test_the_process_is_named_after_the_program(caisson, policy):
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    assert host.read(f"/proc/{task.pid}/comm") == b"probe\n"
    assert os.readlink(f"/proc/{task.pid}/exe").endswith("/probe")


# --- races

def racing(places, swap):
    """Calls `swap` over and over in a thread until told to stop."""
    over = threading.Event()

    def run():
        while not over.is_set():
            swap(places)
    thread = threading.Thread(target=run)
    thread.start()

    def end():
        over.set()
        thread.join()
    return end


def exchange(first, second):
    """renameat2 RENAME_EXCHANGE: both names exist at every moment."""
    import ctypes
    if ctypes.CDLL(None, use_errno=True).renameat2(-100, os.fsencode(first), -100, os.fsencode(second), 2):
        raise OSError(ctypes.get_errno(), "renameat2")


def test_a_program_that_is_swapped_during_the_launch_is_never_run(caisson):
    """B7: check and execution see the same file, or the launch fails."""
    place = caisson.base / "racing"
    place.mkdir()
    good, evil = place / "program", place / "other"
    canary = caisson.workspace / "canary"
    shutil.copy("/usr/bin/true", good)
    shutil.copy("/usr/bin/touch", evil)
    pin = hashlib.sha256(good.read_bytes()).hexdigest()
    rule = f'[[commands.rule]]\nprogram = "{good}"\nsha256 = "{pin}"\nreason = "pinned"'
    path = caisson.policy("racing", commands=caisson.allow(good), rules=rule, read=[place])
    assert caisson.run(str(good), str(canary), policy=path).code == 0
    end = racing(None, lambda _: (exchange(good, evil), time.sleep(0.0005)))
    try:
        codes = {caisson.run(str(good), str(canary), policy=path).code for _ in range(60)}
    finally:
        end()
    assert not canary.exists(), "the other program ran"
    assert codes <= {0, 125, 126, 127}, codes


def test_a_workspace_that_is_swapped_for_a_link_is_never_left(caisson):
    """D1: the directory that was checked is the one that is mounted."""
    secret = caisson.base / "secret"
    secret.mkdir()
    (secret / "file").write_text("canary")
    link, real = caisson.base / "link", caisson.base / "real"
    real.mkdir()
    link.symlink_to(secret)
    policy = caisson.policy("cat", commands=caisson.allow("cat", "probe"))
    end = racing(None, lambda _: (exchange(link, real), time.sleep(0.0005)))
    printed = []
    try:
        for _ in range(40):
            ended = caisson.run("probe", "touch", "w", "file", policy=policy, workspace=real)
            printed.append(ended)
    finally:
        end()
    if os.path.islink(real):
        exchange(link, real)
    # The name may lead to either directory when it is looked at; what is written is in the one that was, and its path is told.
    for ended in printed:
        assert ended.code in (0, 125, 126), ended.words
    assert {place.name for place in caisson.base.iterdir()} >= {"link", "real", "secret"}
    assert host.tree(secret) == ["file"] and (secret / "file").read_text() == "canary"


def test_mount_places_in_the_workspace_that_are_links_lead_nowhere(caisson):
    """D1: a protected name that the task replaced by a link to the host, before the next launch."""
    target = caisson.base / "target"
    target.mkdir()
    (target / "hooks").mkdir()
    policy = caisson.policy("protect", commands=caisson.allow("probe"), files='protect = ["{workspace}/.git/hooks", "{workspace}/.envrc"]\nhide = ["{workspace}/.env"]')
    (caisson.workspace / ".git").symlink_to(target)
    (caisson.workspace / ".envrc").symlink_to("/etc/passwd")
    (caisson.workspace / ".env").symlink_to(caisson.base / "missing")
    ended = caisson.run("probe", "touch", "w", ".git/hooks/x", ".env", policy=policy)
    assert ended.code in (0, 125, 126), ended.words
    assert host.tree(target) == ["hooks"] and not (caisson.base / "missing").exists()
    assert sorted(os.listdir(caisson.workspace)) == [".env", ".envrc", ".git"]


# --- launches that fail

SETUP_CALLS = [
    "open_tree", "move_mount", "fsopen", "fsmount", "mount_setattr", "pivot_root", "landlock_create_ruleset",
    "landlock_restrict_self", "seccomp", "setresuid", "setresgid", "setsid", "capset", "clone3", "prlimit64", "dup2", "sethostname",
    "execveat",
]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("call", SETUP_CALLS)
def test_a_step_that_fails_stops_the_launch(caisson, policy, call):
    """J4, Promise 1: whatever of the confinement fails, the task does not start, and nothing is left."""
    caisson.run("probe", "exit", "0", policy=policy)
    marker = f"failing-{call}"
    line = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error=EIO",
            caisson.program, *map(str, caisson.line(["probe", "say", marker], policy, caisson.workspace, ["--json"]))]
    ended = subprocess.run(line, env=caisson.variables, cwd=caisson.base, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    if b"invalid system call" in ended.stderr or b"ptrace" in ended.stderr:
        pytest.skip(f"this strace does not know {call}")
    assert marker.encode() not in ended.stdout, "the task ran"
    assert ended.returncode in (125, 126), ended.stderr[-500:]
    assert host.until(lambda: not caisson.airlocks(caisson.ids)) and caisson.running() == []
    assert b"caisson" in ended.stderr or b"failed_to_start" in ended.stderr


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_control_under_strace_a_launch_succeeds(caisson, policy):
    line = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=none", caisson.program,
            *map(str, caisson.line(["probe", "say", "ran"], policy, caisson.workspace, []))]
    ended = subprocess.run(line, env=caisson.variables, cwd=caisson.base, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert ended.stdout == b"ran", ended.stderr


def test_a_front_end_that_is_killed_during_the_launch_leaves_nothing(caisson, policy):
    """J4: at any moment, the task either runs and is listed, or it never began."""
    caisson.run("probe", "exit", "0", policy=policy)
    for delay in [n / 2000 for n in range(30)]:
        child = caisson.start("probe", "linger", "killed-front-end", policy=policy)
        time.sleep(delay)
        child.kill()
        child.wait()
    time.sleep(0.5)
    running = caisson.running()
    for pid in host.having("killed-front-end", "probe"):
        assert any(pid == task for id in running for task in [caisson_pid(caisson, id)]), "it runs and is not listed"
    for id in running:
        caisson.call("stop", "--grace", "0s", id)
    assert not host.having("killed-front-end") and caisson.are_gone(caisson.ids)
    age(unfinished(caisson))
    caisson.call("prune").ok()
    assert unfinished(caisson) == [], "what never began is swept"


def unfinished(caisson):
    return sorted((caisson.state / "tasks" / name for name in os.listdir(caisson.state / "tasks") if name.startswith(".")), reverse=True)


def age(places):
    """What is young may be somebody's work."""
    for place in places:
        os.utime(place, (0, 0), follow_symlinks=False)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("sweeper", [["prune"], ["ps"]], ids=["prune", "the next front end"])
def test_a_directory_that_never_got_its_name_is_swept(caisson, policy, sweeper):
    """J4: killed in the middle of making a task's directory, a front end leaves what only another one can take away."""
    caisson.run("probe", "exit", "0", policy=policy)
    before = caisson.ids
    line = ["strace", "-qq", "-o", "/dev/null", "-e", "inject=/^renameat:signal=KILL", caisson.program,
            *map(str, caisson.line(["probe", "exit", "0"], policy, caisson.workspace, []))]
    subprocess.run(line, env=caisson.variables, cwd=caisson.base, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    left, *notes = unfinished(caisson)
    assert caisson.ids == before and (left / "record").exists(), "the control: it was killed at that moment"
    caisson.call(*sweeper).ok()
    assert left.exists(), "what is young may be somebody's work"
    age([left, *notes])
    with open(left / "record", "rb") as record:
        fcntl.flock(record, fcntl.LOCK_EX)
        caisson.call(*sweeper).ok()
        assert left.exists(), "what is locked is somebody's work"
    caisson.call(*sweeper).ok()
    assert unfinished(caisson) == []


def caisson_pid(caisson, id):
    import json
    return json.loads(caisson.call("inspect", id, "--json").out).get("pid")


# --- layers

def test_a_layer_outlives_its_policy_while_a_task_has_it_in_its_view(caisson):
    """Old layers are removed when nobody needs them; what hides programs from a task hides them until its end."""
    env = {"CAISSON_STATE": str(caisson.base / "state")}
    caisson.state = caisson.base / "state"
    look = "while :; do [ -e /usr/bin/id ] && echo visible || echo hidden; sleep 0.1; done"

    def policy(*more):
        return caisson.policy("layers", commands=caisson.allow("sh", "sleep", *more), own=True)

    def layers():
        return {place.name for place in (caisson.state / "layers").iterdir() if not place.name.startswith(".unused-")}

    def sweep_later():
        caisson.call("prune", env=env).ok()
        for place in (caisson.state / "layers").glob(".unused-*"):
            os.utime(place, (0, 0))
        return caisson.call("prune", env=env).ok().text

    task = caisson.detach("sh", "-c", look, policy=policy(), env=env).says("hidden")
    first = layers()
    assert caisson.run("sh", "-c", "echo x", policy=policy("env"), env=env).ok()
    second = layers() - first
    assert second, "the control: another list is another layer"
    assert "layer" not in sweep_later(), "the old layer is in a view"
    seen = len(task.logs())
    assert host.until(lambda: len(task.logs()) > seen + 50) and b"visible" not in task.logs()
    task.stop("--grace", "0s").ok()
    assert "removed" in sweep_later() and not [name for name in layers() if name.startswith(".")]
    assert second <= layers() and len(layers()) < len(first | second)
    assert caisson.run("sh", "-c", "echo x", policy=policy("env"), env=env).ok(), "what is in use was not harmed"
