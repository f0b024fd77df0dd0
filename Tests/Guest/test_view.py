"""Files, execution and the mask, in short, on ext4 and as root; the sandbox lane has each of them at length."""
import os
import stat

import pytest

import host

LOADER = "/lib64/ld-linux-x86-64.so.2"


@pytest.fixture
def shell(caisson):
    return caisson.policy("shell", commands=caisson.allow("sh", "cat", "touch", "mkdir", "probe"))


@pytest.mark.clause("owners")
def test_the_workspace_is_an_idmapped_mount(caisson, policy):
    """The task has a uid of its own, and its files belong to the workspace's owner: no chown, on root's disk or another's."""
    os.chown(caisson.workspace, 4242, 4343)
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    flags = [flags for place, flags, *_ in host.mounts(task.pid) if place == str(caisson.workspace)][-1]
    assert {"idmapped", "nosuid", "nodev", "noexec"} <= flags
    assert host.status(task.pid)["Uid"].split()[0] not in ("0", "4242")
    assert caisson.run("probe", "touch", "w", "made", policy=policy).results == {"made": "ok"}
    made = (caisson.workspace / "made").stat()
    assert (made.st_uid, made.st_gid) == (4242, 4343)


def test_files_of_root_stay_root_s(caisson, shell):
    (caisson.workspace / "roots").write_text("old")
    os.chown(caisson.workspace / "roots", 0, 0)
    os.chown(caisson.workspace, 4242, 4242)
    (caisson.workspace / "roots").chmod(0o644)
    caisson.run("sh", "-c", "echo new > roots; touch own", policy=shell)
    assert (caisson.workspace / "roots").read_text() == "old" and (caisson.workspace / "own").stat().st_uid == 4242


@pytest.mark.clause("set-user-id")
def test_no_set_id_bit_reaches_the_disk(caisson, policy):
    control = caisson.base / "control"
    control.mkdir()
    caisson.outside("setid", control)
    caisson.run("probe", "setid", ".", policy=policy)
    bits = {place: [name for name in host.tree(place) if (place / name).lstat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
            for place in (control, caisson.workspace)}
    assert bits[control] and not bits[caisson.workspace]


def test_the_host_is_not_there_and_can_not_be_written(caisson, shell, ground):
    canary = ground / "canary"
    canary.write_text("secret")
    canary.chmod(0o644)
    ended = caisson.run(
        "sh", "-c", f"cat {canary}; cat /etc/shadow; touch /usr/x /etc/x /x; cat /sys/fs/cgroup/cgroup.procs", policy=shell)
    assert ended.code != 0 and ended.out == b""
    assert not [path for path in ("/usr/x", "/etc/x", "/x") if os.path.lexists(path)]


def test_a_program_that_is_not_on_the_list_is_not_there(caisson, shell):
    """Not by its name, not through the loader; the control is a policy that allows everything."""
    attempt = f"id -u; {LOADER} /usr/bin/id -u; exec id -u"
    ended = caisson.run("sh", "-c", attempt, policy=shell)
    assert ended.out == b"" and ended.code == 127 and ended.words.count("not found") >= 1
    assert caisson.run("sh", "-c", attempt, policy="open").text.split() == ["1000"] * 3


def test_what_the_task_writes_can_not_be_executed(caisson, shell):
    results = caisson.run("probe", "copies", ".", "/tmp", "/dev/shm", policy=shell).results
    assert len(results) >= 15 and "ok" not in {results[name] for name in results if not name.endswith("copy")}
    assert "RAN" not in results.values()
    assert "RAN" in caisson.outside("copies", caisson.base).results.values(), "the control"


@pytest.mark.clause("files.hide", "files.protect")
def test_what_is_hidden_and_protected(caisson):
    (caisson.workspace / ".env").write_text("secret")
    (caisson.workspace / ".git/hooks").mkdir(parents=True)
    (caisson.workspace / ".git/hooks/pre-commit").write_text("old")
    assert caisson.run("cat", ".env", policy="default").out == b""
    attempt = "echo new > .git/hooks/pre-commit; mv .git .git2; mkdir -p .git/hooks; echo new > .git/hooks/x; touch .mcp.json .envrc; echo x > .envrc"
    caisson.run("sh", "-c", attempt, policy="open")
    assert host.tree(caisson.workspace) == [".env", ".git", ".git/hooks", ".git/hooks/pre-commit"]
    assert (caisson.workspace / ".git/hooks/pre-commit").read_text() == "old"
