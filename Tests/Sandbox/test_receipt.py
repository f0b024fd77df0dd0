"""What the monitor reads from outside is compared with the plan: a step that only seems to have happened keeps the task
behind the gate.

The programs run on a kernel that says "done" and has done nothing, or something else (otherkernel). Nothing of them knows."""
import collections
import os
import re

import pytest

import host
from otherkernel import needs_x86, on, rule, word

pytestmark = needs_x86
root_only = pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="as an ordinary user there is no other identity to give")

# linux/prctl.h, linux/capability.h, linux/sched.h, sys/resource.h
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 24, 28, 38, 47
CAP_NET_RAW = 13
NET_RAW = 1 << CAP_NET_RAW
NAMESPACES = {"ipc": 0x08000000, "uts": 0x04000000, "cgroup": 0x02000000}
RESOURCES = {"cpu time": 0, "file size": 1, "data size": 2, "core file size": 4, "processes": 6, "open files": 7}

CLONE_FLAGS = 0x10000000 | 0x00020000 | 0x20000000 | 0x08000000 | 0x04000000 | 0x02000000 | 0x1000


def bounding(*kept):
    return [rule("prctl", "init", where={0: PR_CAPBSET_DROP, 1: number}, returns=0) for number in kept]


def other_number(nth):
    """The nth map of one id, `1000 1879050000 1`, gets another number outside."""
    return rule("write", "monitor", nth=nth, where={2: 18}, poke={(1, 5): word("10000000")})


# Name of the forgery -> its rules, and the lines of the receipt that must differ, as `subject field`.
FORGERIES = {
    "no capset of the task": ([rule("capset", "task", returns=0)], ["task cap_permitted", "task cap_effective"]),
    "no capset of init": ([rule("capset", "init", returns=0)], ["init cap_permitted", "init cap_effective"]),
    # struct __user_cap_data_struct: effective, permitted, inheritable.
    "capset keeps one permitted": (
        [rule("capset", "task", poke={(1, 0): NET_RAW << 32})], ["task cap_permitted"]),
    "capset keeps one inheritable": (
        [*bounding(CAP_NET_RAW), rule("capset", "task", poke={(1, 8): NET_RAW})], ["task cap_inheritable", "task cap_bounding"]),
    "a capability is raised as ambient": (
        [*bounding(CAP_NET_RAW), rule("prctl", "task", where={0: PR_SET_SECUREBITS}, returns=0),
         rule("capset", "task", poke={(1, 0): NET_RAW << 32 | NET_RAW, (1, 8): NET_RAW}),
         rule("prctl", "task", where={0: PR_SET_PDEATHSIG}, change={0: PR_CAP_AMBIENT, 1: 2, 2: CAP_NET_RAW, 3: 0, 4: 0})],
        ["task cap_ambient", "task cap_inheritable", "task cap_permitted"]),
    "the bounding set keeps one": (bounding(CAP_NET_RAW), ["init cap_bounding", "task cap_bounding"]),
    # With its capabilities, Landlock and seccomp need no no_new_privs.
    "no no_new_privs of the task": (
        [rule("capset", "task", returns=0), rule("prctl", "task", where={0: PR_SET_NO_NEW_PRIVS}, returns=0)], ["task no_new_privs"]),
    "no no_new_privs of init": (
        [rule("capset", "init", returns=0), rule("prctl", "init", where={0: PR_SET_NO_NEW_PRIVS}, returns=0)], ["init no_new_privs"]),
    "no filter of the task": ([rule("seccomp", "task", returns=0)], ["task seccomp", "task seccomp_filters"]),
    "no filter of init": ([rule("seccomp", "init", returns=0)], ["init seccomp", "init seccomp_filters"]),
    "signals stay blocked": ([rule("rt_sigprocmask", "task", returns=0)], ["task signals_blocked"]),
    "no session": ([rule("setsid", "task", returns=2)], ["task session"]),
    "another directory": ([rule("chdir", "task", returns=0)], ["task directory"]),
    "a descriptor stays": (
        [rule("close_range", "task", where={2: 4}, to="dup", change={0: 1})], ["task descriptors"]),
    "/proc shows all processes": ([rule("fsconfig", "init", where={2: "hidepid"}, returns=0)], ["task option./proc"]),
    "/tmp has no end": (
        [rule("fsconfig", "init", where={2: "size"}, returns=0)], [f"task option.{place}" for place in ("/tmp", "/dev/shm", "/home/task")]),
    "the old root stays": ([rule("umount2", "init", returns=0)], ["task mounts_not_planned"]),
    "the root stays writable": ([rule("mount_setattr", "init", where={2: 0x1000}, returns=0)], ["task mount./"]),
}
FORGERIES |= {
    f"no namespace {name}": (
        [rule("clone3", "monitor", poke={(0, 0): CLONE_FLAGS & ~flag}), rule("sethostname", "init", returns=0)],
        [f"task namespace.{name}"])
    for name, flag in NAMESPACES.items()}
FORGERIES |= {
    f"no limit on {name}": ([rule("prlimit64", "task", where={1: number}, returns=0)], [f"task limit.Max {name}"])
    for name, number in RESOURCES.items()}
FORGERIES["the namespace net is not entered"] = ([rule("setns", "init", returns=0)], ["task namespace.net"])
OF_ROOT = {
    "another user": ([other_number(2)], ["init uids", "task uids"]),
    "another group": ([other_number(1)], ["init gids", "task gids"]),
    "groups stay": ([rule("setgroups", returns=0)], ["init groups", "task groups"]),
}
if not host.EFFECTIVE_ROOT:
    # The caller's own process is no dumpable one as soon as root changes its user.
    FORGERIES["init may be read"] = ([rule("prctl", "init", where={0: 4}, returns=0)], ["init dumpable"])


@pytest.fixture
def protected(caisson):
    """A policy with something of everything that a receipt tells of."""
    (caisson.workspace / ".git" / "hooks").mkdir(parents=True)
    (caisson.workspace / ".env").write_text("canary")
    policy = caisson.policy(
        "receipt", files='hide = ["{workspace}/.env"]\nprotect = ["{workspace}/.git/hooks", "{workspace}/.mcp.json"]',
        limits='cpu_time = "100 s"\nprocesses = 50\nopen_files = 100\nfile_size = "1 MiB"\ncore = "1 MiB"')
    # Compiled on the kernel that there is.
    caisson.run("probe", "exit", "0", policy=policy).ok()
    return policy


def touch(caisson, policy, *rules, **options):
    """Runs a task that would leave a canary on a kernel with these rules: how it ended, whether it ran, what was applied."""
    canary = caisson.workspace / "canary"
    canary.unlink(missing_ok=True)
    other, calls = on(caisson, *rules)
    before = caisson.ids
    ended = other.run("probe", "touch", "w", "canary", policy=policy, **options)
    task = caisson.newest(before)
    return ended, task, canary.exists(), calls


def has_controllers(caisson, policy):
    levels = {line["subject"]: line["level"] for line in caisson.detach("probe", "exit", "0", policy=policy).inspect()["enforcement"]}
    return levels["cgroup"] == "enforced"


def differences(task):
    return {f"{line['subject']} {line['field']}" for line in task.inspect()["receipt"]["lines"] if not line["agrees"]}


@pytest.mark.control("receipt")
def test_the_control_on_an_honest_kernel_the_task_runs(caisson, protected):
    ended, task, ran, calls = touch(caisson, protected, rule("prctl", "task"), rule("mount_setattr", "init"))
    assert ended.code == 0 and ran and len(calls) > 10, ended.words
    assert differences(task) == set()


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.clause("receipt", "capabilities", "namespaces", "mounts", "descriptors")
@pytest.mark.claim("S-26")
def test_a_difference_keeps_the_task_from_starting(caisson, protected, name):
    if name in ("no limit on cpu time", "no limit on data size") and has_controllers(caisson, protected):
        pytest.skip("the group has this limit, see Tests/Guest/test_receipt_of_groups.py")
    refused(caisson, protected, *FORGERIES[name])


@root_only
@pytest.mark.parametrize("name", OF_ROOT)
@pytest.mark.clause("receipt", "identity")
def test_a_difference_of_identity_keeps_the_task_from_starting(caisson, protected, name):
    refused(caisson, protected, *OF_ROOT[name], preexec_fn=lambda: os.setgroups([4242]))


def refused(caisson, policy, rules, fields, **options):
    ended, task, ran, calls = touch(caisson, policy, *rules, **options)
    assert len(calls) >= 1, "the forgery took place"
    assert not ran and ended.code == 125, (ended.code, ended.words)
    found = differences(task)
    assert set(fields) <= found, (found, ended.words)
    subject, field = fields[0].split(" ", 1)
    told = re.search(r"(\S.*) of the (task|init) was \"(.*)\" and not \"(.*)\": it was not released", ended.words)
    assert told and f"{told[2]} {told[1].rpartition(': ')[2]}" in found, ended.words
    end = task.inspect()
    assert end["status"] == "failed_to_start" and end["end"]["step"] == "receipt" and end["end"]["proof"]["kind"] == "init_reaped"
    assert caisson.are_gone([task.id]), "nothing is left"


# Steps that are needed to come as far as the receipt.
BEFORE = {
    "no namespace user": (
        [rule("clone3", "monitor", poke={(0, 0): CLONE_FLAGS & ~0x10000000})],
        "identity_maps" if host.EFFECTIVE_ROOT else "namespaces"),
    "no namespace mnt": ([rule("clone3", "monitor", poke={(0, 0): CLONE_FLAGS & ~0x00020000})], None),
    "no namespace pid": ([rule("clone3", "monitor", poke={(0, 0): CLONE_FLAGS & ~0x20000000})], None),
    "no namespace net": ([rule("unshare", "task", returns=0)], "network"),
    "no change of user": ([rule("setresuid", "init", returns=0)], "root_mount"),
    "no pivot_root": ([rule("pivot_root", "init", returns=0)], None),
    "no no_new_privs alone": ([rule("prctl", "task", where={0: PR_SET_NO_NEW_PRIVS}, returns=0)], "landlock"),
}


@pytest.mark.parametrize("name", BEFORE)
def test_without_some_steps_no_launch_comes_as_far_as_the_receipt(caisson, protected, name):
    rules, step = BEFORE[name]
    ended, task, ran, calls = touch(caisson, protected, *rules)
    end = task.inspect()
    if name == "no change of user" and not host.EFFECTIVE_ROOT:
        assert ran, "there is one user, whether it is changed to or not"
        return
    assert len(calls) >= 1 and not ran and ended.code == 125, ended.words
    assert end["status"] == "failed_to_start" and (step is None or end["end"]["step"] == step), end["end"]


@pytest.mark.parametrize("name", ["no_new_privs", "capset", "seccomp", "landlock"])
def test_a_monitor_that_can_not_confine_itself_ends_the_sandbox_before_it_says_so(caisson, protected, name):
    call = {"no_new_privs": "prctl", "landlock": "landlock_restrict_self"}.get(name, name)
    where = {0: PR_SET_NO_NEW_PRIVS} if name == "no_new_privs" else {}
    ended, task, ran, calls = touch(caisson, protected, rule(call, "monitor", where=where, fails="EPERM"))
    assert len(calls) == 1 and not ran and ended.code == 125, ended.words
    end = task.inspect()["end"]
    assert end["errno"] == "EPERM" and end["proof"]["kind"] == "init_reaped"
    assert caisson.are_gone([task.id])
    assert not (caisson.workspace / ".mcp.json").exists()


def test_where_no_sandbox_could_be_made_nothing_is_said_to_have_been_reaped(caisson, protected):
    ended, task, ran, calls = touch(caisson, protected, rule("clone3", "monitor", fails="EPERM"))
    assert len(calls) == 1 and not ran and ended.code == 125
    assert task.inspect()["end"] | {"proof": None} == {"cause": "launch", "step": "namespaces", "errno": "EPERM", "proof": None}
    assert task.inspect()["end"]["proof"]["kind"] == "never_started"


@pytest.mark.parametrize("nth", range(1, 6))
def test_what_init_says_of_its_failure_is_told_and_not_what_follows_from_it(caisson, protected, nth):
    """The monitor, which hands mounts over at that moment, met a closed socket: EPIPE."""
    _, task, ran, calls = touch(caisson, protected, rule("open_tree", "init", nth=nth, fails="EMFILE"))
    assert len(calls) == 1 and not ran
    end = task.inspect()["end"]
    assert (end["step"], end["errno"], end["proof"]["kind"]) == ("sources", "EMFILE", "init_reaped")


# What is left out without a word and nothing outside shows, and how often at most. Each is named in SECURITY.md, with what
# holds in its place; a call that is not here and is left out must keep the task from running.
MANY = 1000
UNSEEN = {
    # Landlock: neither domain nor rules are shown anywhere. A rule that is missing only takes something away.
    "task landlock_restrict_self": 1, "task landlock_add_rule": MANY,
    # Secure bits, the signal at the parent's death, the session keyring: /proc tells of none of them.
    "init prctl 28": 1, "task prctl 28": 1, "init prctl 1": 1, "task prctl 1": 1, "task keyctl": 1,
    # The second change of user, where the first did it; the ambient set, which is empty; a number that no capability has.
    "task setresuid": 1, "task setresgid": 1, "task setgroups": 1, "init setgroups": 1, "init prctl 47": 1, "init prctl 24": 1,
    # As root, the change of user has made init undumpable already. As an ordinary user the receipt shows it.
    "init prctl 4": 1 if host.EFFECTIVE_ROOT else 0,
    # Descriptors are marked close-on-exec since they were opened. What init keeps it can do nothing with.
    "task close_range": MANY, "init close_range": MANY,
    # Private places, on a file system that is closed as they are, and that needs no place of its own.
    "init mount_setattr": 3, "init move_mount": 1,
    # Words, not walls: the host's name, where the standard streams go, a directory that is changed once more.
    "init sethostname": 1, "task dup2": 3, "init chdir": 1,
    # Without its blocked signals, init is killed by the one that asks for the end.
    "init rt_sigprocmask": 1,
}
if not host.EFFECTIVE_ROOT:
    # The one user that there is; as root, files could not be made without it.
    UNSEEN |= {"init setresuid": 1, "init setresgid": 1}

CONFINING = (
    "rt_sigprocmask", "dup2", "setns", "chdir", "setsid", "setgroups", "setresuid", "setresgid", "capset", "pivot_root", "prctl", "umount2",
    "sethostname", "keyctl", "prlimit64", "seccomp", "move_mount", "close_range", "mount_setattr", "landlock_add_rule",
    "landlock_restrict_self")


@pytest.mark.parametrize("who", ["init", "task"])
@pytest.mark.clause("receipt")
@pytest.mark.claim("S-26")
def test_every_call_that_is_left_out_is_noticed_or_on_the_list(caisson, protected, who):
    """One launch for each confining call of init and of the task side: that call answers 0, and has done nothing."""
    ended, _, ran, calls = touch(caisson, protected, *[rule(call, who) for call in CONFINING])
    assert ran, ended.words
    count, released, tried = collections.Counter(), collections.Counter(), 0
    for _, call, arguments in list(calls):
        count[call] += 1
        # Dropping the bounding set is forty of the same.
        if call == "prctl" and arguments[0] == PR_CAPBSET_DROP and 3 < count[call] < 40:
            continue
        _, _, ran, applied = touch(caisson, protected, rule(call, who, nth=count[call], returns=0))
        assert len(applied) == 1, (call, count[call])
        tried += 1
        if ran:
            released[f"{who} prctl {arguments[0]}" if call == "prctl" else f"{who} {call}"] += 1
        if call == "seccomp":
            # The last step of both.
            break
    assert tried >= (60 if who == "init" else 20)
    assert {name: times for name, times in released.items() if times > UNSEEN.get(name, 0)} == {}


def test_a_task_side_that_ends_behind_the_gate_has_run_nothing(caisson, protected):
    """Its own exit code, 0 here, would be the task's."""
    ended, task, ran, calls = touch(
        caisson, protected, rule("prctl", "task", where={0: PR_SET_NO_NEW_PRIVS}, to="exit_group", change={0: 0}))
    assert len(calls) == 1 and not ran and ended.code == 125, ended.words
    end = task.inspect()
    assert end["status"] == "failed_to_start" and (end["end"]["step"], end["end"]["errno"]) == ("gate", "ESRCH")
    assert end["receipt"] is None and caisson.are_gone([task.id])
