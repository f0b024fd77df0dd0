"""The system call filter, by a prober whose wrong pointers tell a call that is let through from one that is not."""
import os
import platform
import signal

import pytest

import host

X86 = platform.machine() == "x86_64"

# What the sandbox answers: EPERM for what is known and denied, ENOSYS for what is treated as absent, or for the unknown.
DENIED = """
unshare-user unshare-net setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
ptrace ptrace-attach process_vm_readv process_vm_writev pidfd_getfd kcmp process_madvise
io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key bpf perf_event_open userfaultfd
open_by_handle_at name_to_handle_at fanotify_init kexec_load init_module finit_module delete_module swapon quotactl acct reboot syslog
settimeofday sethostname personality-read-implies-exec prctl-pdeathsig seccomp-listener memfd_create
""".split() + (["clone-newuser", "clone-newns", "modify_ldt", "iopl", "ioperm"] if X86 else [])

ABSENT = ["clone3", "clone3-newuser", "openat2", "unknown"]
# What the kernel itself refuses to a task without capabilities.
POWERLESS = ["ambient-raise", "securebits", "setuid-0", "setgroups", "rlimit-raise"]
# What an ordinary user of the host may call, on every kernel of the last years and whatever sysctls say.
FREE = ["clone3", "ptrace", "prctl-pdeathsig", "memfd_create", "personality-read-implies-exec", "keyctl", "kcmp", "process_vm_readv"]


@pytest.fixture
def results(caisson, policy):
    return caisson.run("probe", "syscalls", policy=policy).ok().results


@pytest.mark.control("denied calls", "absent calls")
def test_the_control_these_calls_are_let_through_outside(caisson):
    outside = caisson.outside("syscalls").results
    assert outside["clone3"] == "ok" and outside["ptrace"] == "ok" and outside["memfd_create"] == "ok"
    let_through = {name for name in DENIED if outside[name] not in ("EPERM", "ENOSYS", "EACCES")}
    assert len(let_through) >= (35 if host.EFFECTIVE_ROOT else 15), outside
    assert set(FREE) <= {name for name, result in outside.items() if result not in ("EPERM", "EACCES")}


@pytest.mark.clause("denied calls")
@pytest.mark.claim("S-05")
def test_what_is_denied_is_eperm(results):
    """D10, E5 to E7, F5, A7, K2."""
    assert {name: results[name] for name in DENIED if results[name] != "EPERM"} == {}


@pytest.mark.clause("absent calls")
def test_what_can_not_be_checked_or_is_not_known_is_enosys(results):
    """E3, E4: glibc falls back from ENOSYS, and not from EPERM."""
    assert {name: results[name] for name in ABSENT if results[name] != "ENOSYS"} == {}


@pytest.mark.clause("capabilities")
@pytest.mark.claim("S-03")
def test_capabilities_do_not_come_back(results):
    """F2, F4, F6, F10."""
    assert {name: results[name] for name in POWERLESS if results[name] not in ("EPERM", "EINVAL")} == {}


@pytest.mark.skipif(not X86, reason="the other calling conventions are those of x86-64")
@pytest.mark.parametrize("way", ["int80", "x32"])
@pytest.mark.clause("foreign calls")
@pytest.mark.claim("S-05")
def test_other_calling_conventions_kill_the_process(caisson, policy, way):
    """E1, E2, E14."""
    ended = caisson.run("probe", way, policy=policy, options=["--json"])
    assert ended.code == 128 + signal.SIGSYS, ended.text
    assert ended.out == b"" and ended.view["signal"] in ("SIGSYS", "SYS", 31)


@pytest.mark.skipif(not X86, reason="the other calling conventions are those of x86-64")
@pytest.mark.control("foreign calls")
def test_the_control_i386_calls_work_outside(caisson):
    outside = caisson.outside("int80")
    if outside.results.get("int80") != "ok":
        pytest.skip("this kernel has no 32-bit calls at all")


@pytest.mark.clause("terminal")
@pytest.mark.control("terminal")
def test_typing_into_a_terminal_is_refused_with_any_high_bits(caisson, policy):
    """E8, G3: CVE-2017-5226, CVE-2019-10063. Outside, a pipe answers ENOTTY; inside, the filter EPERM."""
    reading, writing = os.pipe()
    os.close(writing)
    with os.fdopen(reading) as pipe:
        outside = caisson.outside("terminal", stdin=pipe) if False else None
        results = caisson.run("probe", "terminal", policy=policy, stdin=pipe).results
    assert outside is None
    for name in ("TIOCSTI", "TIOCSTI-high-bits", "TIOCLINUX", "TIOCLINUX-high-bits"):
        assert results[name] == "EPERM", results
    assert results["TCGETS"] in ("ENOTTY", "EFAULT"), "other requests are let through"
    control = caisson.outside("terminal").results
    assert {control[name] for name in ("TIOCSTI", "TIOCSTI-high-bits")} <= {"ENOTTY", "EIO"}


@pytest.mark.claim("S-06")
def test_memfd_is_refused_under_a_list_alone(caisson):
    """It is how run-times make memory; under a list it would be a way to execute."""
    free = caisson.policy("free", commands="allow_all = true", relax={
        "commands.allow_all": "a test", "files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x"})
    assert caisson.run("probe", "syscalls", policy=free).results["memfd_create"] == "ok"


@pytest.mark.clause("syscalls.allow")
def test_a_policy_adds_and_takes_away(caisson):
    policy = caisson.policy("debug", syscalls='allow = ["@debug"]\ndeny = ["socketpair"]', relax={
        "syscalls.allow": "a test", "files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x"})
    ended = caisson.run("probe", "syscalls", policy=policy)
    assert ended.results.get("ptrace") == "ok", ended.words
    assert ended.results["mount"] == "EPERM" and ended.results["io_uring_setup"] == "EPERM"


def test_write_and_execute_can_be_forbidden(caisson):
    """E16."""
    policy = caisson.policy("wx", commands=caisson.allow("true", "sh", "probe"), hardening="write_execute = false")
    assert caisson.run("sh", "-c", "true", policy=policy).code == 0, "ordinary programs are not harmed"
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    assert int(host.status(task.pid)["Seccomp_filters"]) >= 1
