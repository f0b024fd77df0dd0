"""Every layer can be missing: the kernel says so to the real programs (otherkernel). `doctor` finds it, a launch is refused or
goes on without it as the policy says by name, and nothing runs that should not."""
import errno
import json
import os
import resource

import pytest

import host
from otherkernel import needs_x86, on, rule, word

pytestmark = needs_x86

RELAXED = {"files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x"}
CREATE_RULESET_VERSION = 1


def landlock(abi, who=None):
    """A kernel with this ABI of Landlock; 0: with none."""
    if abi == 0:
        return [rule("landlock_create_ruleset", who, fails="EOPNOTSUPP")]
    return [rule("landlock_create_ruleset", who, where={2: CREATE_RULESET_VERSION}, returns=abi)]


def doctor(caisson, *rules):
    """The layers by name, the policies by name, and the exit code."""
    other, calls = on(caisson, *rules)
    ended = other.call("doctor", "--json")
    report = json.loads(ended.text)
    assert len(calls) or not rules
    return {line["layer"]: line for line in report["layers"]}, {policy["name"]: policy for policy in report["policies"]}, ended


def launch(caisson, policy, *rules, program="probe", arguments=("touch", "w", "canary"), **options):
    """Runs what would leave a canary; what it said, whether it ran, and that the kernel was another one."""
    canary = caisson.workspace / "canary"
    canary.unlink(missing_ok=True)
    other, calls = on(caisson, *rules)
    before = set(caisson.ids)
    ended = other.run(program, *arguments, policy=policy, **options)
    assert len(calls) >= 1
    assert caisson.are_gone(set(caisson.ids) - before)
    return ended, canary.exists()


def levels(caisson, policy, *rules):
    """The layers in the record of a task that ran."""
    before = caisson.ids
    ended, ran = launch(caisson, policy, *rules)
    assert ended.code == 0 and ran, ended.words
    return {line["subject"]: line for line in caisson.newest(before).inspect()["enforcement"]}


@pytest.fixture
def compiled(caisson, policy):
    """The smallest policy, compiled on the kernel that there is."""
    caisson.run("probe", "exit", "0", policy=policy).ok()
    return policy


def empty(caisson, name, degrade=(), relax=None, files='view = "empty"', **tables):
    """A policy whose view is the probe alone: it compiles at once, also on another kernel."""
    reasons = RELAXED | {f"require.degrade.{layer}": "a test" for layer in degrade} | (relax or {})
    return caisson.policy(name, files=files, degrade=("cgroup", "groups", *degrade), relax=reasons, **tables)


# --- Landlock

@pytest.mark.parametrize("abi", range(8))
def test_doctor_tells_the_landlock_that_there_is(caisson, abi):
    layers, policies, ended = doctor(caisson, *landlock(abi))
    for layer, wanted in (("landlock", 1), ("ports", 4), ("scope", 6)):
        line = layers[layer]
        assert line["enforced"] == (abi >= wanted) and line["may_be_degraded"]
        assert (f"Landlock ABI {abi}" if abi else "no Landlock") in line["found"]
        assert bool(line["remedy"]) == (abi < wanted) and ("boot a kernel" in line["remedy"]) == (abi < wanted)
    assert policies["default"]["usable"] == (abi >= 1) and ("landlock" in policies["default"]["missing"]) == (abi < 1)


@pytest.mark.parametrize("abi", range(1, 8))
def test_a_policy_runs_with_what_each_landlock_can(caisson, abi):
    found = levels(caisson, empty(caisson, "abi"), *landlock(abi))
    assert found["landlock"]["level"] == "enforced"


@pytest.mark.parametrize("answer", ["ENOSYS", "EOPNOTSUPP"])
@pytest.mark.clause("require.degrade")
def test_without_landlock_a_policy_that_requires_it_is_refused(caisson, answer):
    ended, ran = launch(caisson, empty(caisson, "none"), rule("landlock_create_ruleset", fails=answer))
    assert ended.code == 125 and not ran
    assert 'the layer "landlock" is missing' in ended.words and "boot a kernel" in ended.words and "caisson doctor" in ended.words


@pytest.mark.control("require.degrade")
def test_without_landlock_a_policy_that_says_so_runs_and_tells_it(caisson):
    line = levels(caisson, empty(caisson, "without", degrade=["landlock"]), *landlock(0))["landlock"]
    assert line["level"] == "not enforced" and "no Landlock" in line["means"]


def test_without_landlock_the_mask_still_holds_the_list(caisson):
    """What the loader, `find -exec` and a copy would reach is not there."""
    reasons = RELAXED | {"require.degrade.landlock": "a test"}
    policy = caisson.policy("mask", commands=caisson.allow("sh", "probe"), degrade=("cgroup", "groups", "landlock"), relax=reasons)
    script = "id; /usr/bin/touch canary; /lib64/ld-linux-x86-64.so.2 /usr/bin/touch canary; cp /usr/bin/touch t; ./t canary; echo end"
    ended, ran = launch(caisson, policy, "quick", *landlock(0), program="sh", arguments=("-c", script))
    assert ended.text.splitlines()[-1] == "end" and b"uid=" not in ended.out and not ran
    ended, _ = launch(caisson, policy, "quick", *landlock(0), arguments=("copies", ".", "/tmp"))
    assert ended.results[". copy"] == "ok" and "RAN" not in ended.results.values()


@pytest.mark.parametrize("abi", [0, 3, 5, 6])
@pytest.mark.parametrize("layer", ["scope", "ports"])
@pytest.mark.clause("require.degrade")
@pytest.mark.control("require.degrade")
def test_the_host_s_network_needs_what_newer_kernels_have(caisson, layer, abi):
    network = 'mode = "host"' + ("\nports = [443]" if layer == "ports" else "")
    others = [other for other in ("landlock", "scope") if other != layer]
    relax = {"network.mode": "a test"}
    required = empty(caisson, "strict", degrade=others, relax=relax, network=network)
    degraded = empty(caisson, "degraded", degrade=[*others, layer], relax=relax, network=network)
    enough = abi >= (6 if layer == "scope" else 4)
    ended, ran = launch(caisson, required, *landlock(abi))
    assert (ended.code, ran) == ((0, True) if enough else (125, False)), ended.words
    if not enough:
        assert f'the layer "{layer}" is missing' in ended.words and f"ABI {abi}" in ended.words and "boot a kernel" in ended.words
    assert levels(caisson, degraded, *landlock(abi))[layer]["level"] == ("enforced" if enough else "not enforced")


@pytest.mark.parametrize("abi", [0, 1, 5])
def test_a_landlock_that_is_gone_when_the_task_side_looks_starts_nothing(caisson, abi):
    """The front end has told what holds: there is no way to less without a word, also where the policy could do without."""
    policy = empty(caisson, "gone", degrade=["landlock"])
    ended, ran = launch(caisson, policy, *landlock(6, "front"), *landlock(abi, "task"))
    assert ended.code == 125 and not ran
    assert "the step landlock" in ended.words and "boot a kernel" in ended.words


@pytest.mark.parametrize("call", ["landlock_add_rule", "landlock_restrict_self", "landlock_create_ruleset"])
def test_a_landlock_that_fails_starts_nothing(caisson, compiled, call):
    ended, ran = launch(caisson, compiled, rule(call, "task", nth=2 if call.endswith("ruleset") else 1, fails="EPERM"))
    assert ended.code == 125 and not ran and "the step landlock" in ended.words and "EPERM" in ended.words


# --- Namespaces, /proc

@pytest.mark.parametrize("answer, remedy", [
    ("EPERM", "unprivileged_userns_clone"), ("ENOSPC", "user.max_user_namespaces"), ("EINVAL", "CONFIG_USER_NS"),
    ("ENOSYS", "boot a kernel")])
def test_without_user_namespaces(caisson, compiled, answer, remedy):
    ended, ran = launch(caisson, compiled, rule("clone3", "monitor", fails=answer))
    assert ended.code == 125 and not ran
    assert "the step namespaces" in ended.words and answer in ended.words and remedy in ended.words and "caisson doctor" in ended.words
    layers, policies, ended = doctor(caisson, rule("clone3", "front", fails=answer))
    line = layers["namespaces"]
    assert ended.code == 125 and not line["enforced"] and not line["may_be_degraded"]
    assert answer in line["found"] and line["remedy"]
    assert not any(policy["usable"] for policy in policies.values()) and "namespaces" in policies["open"]["missing"]


def test_with_a_covered_proc(caisson, compiled):
    """In a container without a /proc of its own: the kernel refuses one that shows more than there is."""
    covered = rule("fsmount", where={2: 0xF}, fails="EPERM")
    ended, ran = launch(caisson, compiled, covered)
    assert ended.code == 125 and not ran
    assert "the step mounts" in ended.words and "(/proc)" in ended.words and "container" in ended.words
    layers, policies, ended = doctor(caisson, covered)
    assert ended.code == 125 and not layers["proc"]["enforced"] and not layers["proc"]["may_be_degraded"]
    assert "EPERM" in layers["proc"]["found"] and "container" in layers["proc"]["remedy"] and "proc" in policies["open"]["missing"]


def test_the_control_on_the_kernel_that_there_is_doctor_finds_these(caisson):
    layers, _, ended = doctor(caisson)
    assert ended.code == 0
    assert {name for name, line in layers.items() if line["enforced"]} >= {"namespaces", "proc", "seccomp", "mask", "calls"}


# --- Other system calls

def test_without_seccomp_s_kill(caisson):
    other = rule("seccomp", "front", where={0: 2}, fails="EOPNOTSUPP")
    layers, policies, ended = doctor(caisson, other)
    assert ended.code == 125 and not layers["seccomp"]["enforced"] and not policies["open"]["usable"]
    assert "CONFIG_SECCOMP_FILTER" in layers["seccomp"]["remedy"]
    # Compiled here for the first time: a kernel does not change under a policy that was compiled.
    policy = empty(caisson, f"kill-{os.getpid()}")
    ended, ran = launch(caisson, policy, other)
    assert ended.code == 125 and not ran
    assert 'the layer "seccomp" is missing' in ended.words and "CONFIG_SECCOMP_FILTER" in ended.words


@pytest.mark.parametrize("who, step", [("task", "seccomp"), ("init", "init_confinement"), ("monitor", "monitor_confinement")])
@pytest.mark.parametrize("answer", ["ENOSYS", "EINVAL"])
def test_a_filter_that_the_kernel_does_not_take_starts_nothing(caisson, compiled, who, step, answer):
    ended, ran = launch(caisson, compiled, rule("seccomp", who, fails=answer))
    assert ended.code == 125 and not ran
    assert f"the step {step}" in ended.words and answer in ended.words and "boot a kernel" in ended.words


def test_without_overlayfs(caisson, compiled):
    ended, ran = launch(caisson, compiled, rule("fsopen", "init", where={0: "overlay"}, fails="ENODEV"))
    assert ended.code == 125 and not ran and "(/usr)" in ended.words and "modprobe overlay" in ended.words
    # The list of file systems is read from /dev/null: it names none.
    listing = rule("openat", where={1: "/proc/filesystems"}, poke={(1, 0): word("/dev/nul"), (1, 8): ord("l")})
    layers, _, ended = doctor(caisson, listing)
    assert not layers["mask"]["enforced"] and "modprobe overlay" in layers["mask"]["remedy"]


@pytest.mark.parametrize("call", ["openat2", "mount_setattr", "open_tree", "move_mount", "fsopen", "fsmount", "pidfd_open", "close_range"])
def test_without_a_newer_system_call(caisson, compiled, call):
    ended, ran = launch(caisson, compiled, rule(call, fails="ENOSYS"))
    assert ended.code == 125 and not ran and "ENOSYS" in ended.words, ended.words
    assert call == "openat2" or "5.12" in ended.words, ended.words
    layers, policies, ended = doctor(caisson, rule(call, fails="ENOSYS"))
    assert ended.code == 125 and not layers["calls"]["enforced"] and call in layers["calls"]["found"] and layers["calls"]["remedy"]
    assert not policies["open"]["usable"]


# --- Identity, limits, keys

@pytest.mark.skipif(host.EFFECTIVE_ROOT, reason="root can drop its groups")
@pytest.mark.clause("require.degrade")
@pytest.mark.control("require.degrade")
def test_groups_that_can_not_be_dropped(caisson):
    has_groups = rule("getgroups", "front", returns=1)
    layers, _, _ = doctor(caisson, has_groups)
    assert not layers["groups"]["enforced"] and layers["groups"]["may_be_degraded"] and "without supplementary" in layers["groups"]["remedy"]
    reasons = {"files.root_workspace": "x", "require.degrade.cgroup": "x"}
    strict = caisson.policy("groups", files='view = "empty"', degrade=["cgroup"], relax=reasons)
    ended, ran = launch(caisson, strict, has_groups)
    assert ended.code == 125 and not ran and 'the layer "groups" is missing' in ended.words and "run as root" in ended.words
    line = levels(caisson, empty(caisson, "with-groups"), has_groups)["groups"]
    assert line["level"] == "not enforced" and "supplementary" in line["means"]


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root drops groups")
def test_groups_that_the_kernel_keeps(caisson, compiled):
    ended, ran = launch(caisson, compiled, rule("setgroups", "init", fails="EPERM"))
    assert ended.code == 125 and not ran and "the step identity" in ended.words


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root has capabilities to lose")
def test_root_without_sys_resource_gets_no_higher_limit_than_it_has(caisson):
    """CAP_SYS_RESOURCE would raise hard limits; without it the caller's own hold, and the record says how much that is."""
    policy = empty(caisson, "limits", limits="open_files = 1000\nprocesses = 64")

    def lower():
        import ctypes
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
        # PR_CAPBSET_DROP, CAP_SYS_RESOURCE: the program that is executed next does not have it.
        assert ctypes.CDLL(None).prctl(24, 24, 0, 0, 0) == 0
    ended = caisson.run("probe", "files", policy=policy, preexec_fn=lower)
    assert ended.code == 0 and ended.results["opened"] == "200", ended.words
    control = caisson.run("probe", "files", policy=policy)
    assert control.results["opened"] == "1000"


@pytest.mark.parametrize("name, number", [("Max open files", 7), ("Max processes", 6), ("Max core file size", 4)])
def test_a_limit_that_the_kernel_refuses_starts_nothing(caisson, compiled, name, number):
    ended, ran = launch(caisson, compiled, rule("prlimit64", "task", where={1: number}, fails="EPERM"))
    assert ended.code == 125 and not ran and "the step resource_limits" in ended.words and f"({name})" in ended.words


def test_a_user_whose_keyrings_are_used_up(caisson, compiled):
    """DESIGN, Traps: an ordinary user's 200th keyring is EDQUOT. The filter refuses every call for keys all the same."""
    used_up = rule("keyctl", "task", nth=1, fails="EDQUOT")
    ended, ran = launch(caisson, compiled, used_up)
    assert ended.code == 0 and ran, ended.words
    ended, _ = launch(caisson, compiled, used_up, arguments=("syscalls",))
    assert {ended.results[call] for call in ("keyctl", "add_key", "request_key")} == {"EPERM"}
    with_keys = empty(caisson, "keys", syscalls='allow = ["keyctl"]', relax={"syscalls.allow": "a test"})
    ended, ran = launch(caisson, with_keys, used_up)
    assert ended.code == 125 and not ran and "the step keyring" in ended.words and "maxkeys" in ended.words
    ended, ran = launch(caisson, compiled, rule("keyctl", "task", nth=1, fails="EACCES"))
    assert ended.code == 125 and not ran, "no other failure is passed over"


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="only root's tasks have another owner than their caller")
@pytest.mark.parametrize("answer, remedy", [("EINVAL", "ext4"), ("EPERM", "CAP_SYS_ADMIN")])
def test_a_file_system_that_maps_no_owners(caisson, compiled, answer, remedy):
    ended, ran = launch(caisson, compiled, rule("mount_setattr", "monitor", fails=answer))
    assert ended.code == 125 and not ran and "the step workspace_mount" in ended.words and remedy in ended.words
    assert os.stat(caisson.workspace).st_uid == os.geteuid(), "never a chown"


def test_an_airlock_that_can_not_begin_says_why(caisson):
    policy = empty(caisson, "begin", files='view = "empty"\nprotect = ["{workspace}/.mcp.json"]')
    close_on_execute = 4
    ended, ran = launch(
        caisson, policy, rule("close_range", "monitor", nth=1, where={2: close_on_execute}, fails="ENOSYS"), options=["--json"])
    assert ended.code == 125 and not ran
    end = ended.view["end"]
    assert (ended.view["status"], end["step"], end["errno"], end["proof"]["kind"]) == ("failed_to_start", "plan", "ENOSYS", "init_reaped")
    assert host.tree(caisson.workspace) == [], "what stood in for a missing name is gone"


@pytest.mark.clause("require.degrade")
@pytest.mark.control("require.degrade")
def test_no_controllers(caisson):
    """Where the host delegates them, the guest lane has the hosts that do not."""
    layers, policies, _ = doctor(caisson)
    line = layers["cgroup"]
    strict = caisson.policy("controllers", files='view = "empty"', degrade=["groups"], relax={
        "files.root_workspace": "x", "require.degrade.groups": "x"})
    ended = caisson.run("probe", "touch", "w", "canary", policy=strict)
    if line["enforced"]:
        assert ended.code == 0
        return
    assert ended.code == 125 and not (caisson.workspace / "canary").exists()
    assert 'the layer "cgroup" is missing' in ended.words and line["remedy"] in ended.words and not policies["hardened"]["usable"]
    task = caisson.detach("probe", "exit", "0", policy=empty(caisson, "degraded"))
    found = {line["subject"]: line for line in task.inspect()["enforcement"]}
    assert found["cgroup"]["level"] == "not enforced" and found["limits.memory"]["level"] == "per process only"
    assert found["limits.swap"]["level"] == found["limits.cpu"]["level"] == "not enforced"
