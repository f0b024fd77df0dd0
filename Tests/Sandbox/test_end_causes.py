"""What ends a task is always known: each cause of the contract's table, with all of its members, seen from outside.

Elsewhere: `out_of_memory` in Tests/Guest/test_control_groups.py, `layer_lost` in test_view.py, `unkillable` in
test_kill_proof.py, `force_terminate` in Tests/Clients. Nothing ends a running task by `prune` or `shutdown` in this version.
"""
import os
import shutil
import signal
import subprocess

import pytest

import host

MEMBERS = {"cause", "by", "limit", "step", "errno", "detail", "proof"}


def ended(caisson, *argv, policy, options=(), **more):
    view = caisson.run(*argv, policy=policy, options=["--json", *options], **more).view
    assert set(view["end"]) <= MEMBERS and ("proof" in view["end"])
    return view


def has(view, *members):
    """Exactly these of what is there only where it applies."""
    found = {name for name in ("exit_code", "signal") if name in view} | (set(view["end"]) - {"cause", "proof"})
    return found == set(members)


def test_exited(caisson, policy):
    view = ended(caisson, "probe", "exit", "3", policy=policy)
    assert (view["status"], view["end"]["cause"], view["exit_code"]) == ("exited", "exit", 3) and has(view, "exit_code")
    assert view["end"]["proof"]["killed"] == 0 and "reason" not in view


def test_signaled(caisson, policy):
    view = ended(caisson, "probe", "signal", str(int(signal.SIGUSR1)), policy=policy)
    assert (view["status"], view["end"]["cause"], view["signal"]) == ("signaled", "signal", "SIGUSR1") and has(view, "signal")


def test_wall(caisson):
    view = ended(caisson, "probe", "sleep", "60", policy=caisson.policy("wall", limits='wall = "200 ms"'))
    assert (view["status"], view["end"]["cause"], view["end"]["limit"]) == ("timed_out", "wall", "200 ms")
    assert has(view, "signal", "limit") and "limits.wall" in view["reason"]


def test_cpu_time(caisson):
    view = ended(caisson, "probe", "spin", "1", policy=caisson.policy("spin", limits='cpu_time = "1 s"\nwall = "1 min"'))
    assert (view["status"], view["end"]["cause"], view["end"]["limit"]) == ("timed_out", "cpu_time", "1 s")
    assert has(view, "signal", "limit") and "limits.cpu_time" in view["reason"]


def test_stop_and_by_whom(caisson, policy):
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    task.stop().ok()
    view = task.inspect()
    assert (view["status"], view["end"]["cause"], view["end"]["by"]) == ("terminated", "stop", f"cli:{os.getuid()}")
    assert has(view, "signal", "by") and view["end"]["proof"]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("call", ["umount2", "setsid", "landlock_restrict_self", "execveat"])
@pytest.mark.parametrize("how", [(), ("--signal", "KILL")], ids=["TERM", "KILL"])
def test_a_stop_in_the_middle_of_a_launch_is_what_ended_it(caisson, policy, call, how):
    """Slow system calls hold the launch at init's last steps, at the task side's first and last ones, and at the gate."""
    caisson.run("probe", "exit", "0", policy=policy).ok()
    before = caisson.ids
    line = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:delay_enter=400000",
            caisson.program, *caisson.line(["probe", "touch", "ran"], policy, str(caisson.workspace), ["--detach"])]
    with subprocess.Popen(line, env=caisson.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as front:
        task = caisson.newest(before)
        task.stop(*how).ok()
        front.communicate(timeout=60)
    view = task.inspect()
    assert (view["status"], view["end"]["cause"]) == ("terminated", "stop"), view["end"]
    assert view["end"]["by"] == f"cli:{os.getuid()}" and not (caisson.workspace / "ran").exists()


def test_refused(caisson, policy):
    before = caisson.ids
    done = caisson.run("id", policy=policy, options=["--json"])
    assert (done.code, done.view["status"], done.view["end"]["cause"]) == (126, "refused", "commands")
    assert done.view["reasons"][0]["rule"] == "commands.allow" and done.view["reasons"][0]["line"] > 0
    assert done.view["end"]["proof"] is None and caisson.ids == before


def test_failed_to_start(caisson):
    program = caisson.base / "not-a-program"
    program.write_text("neither ELF nor a script\n")
    program.chmod(0o755)
    policy = caisson.policy("broken", commands=caisson.allow(program), read=[caisson.base])
    view = ended(caisson, str(program), policy=policy)
    assert (view["status"], view["end"]["cause"], view["end"]["step"], view["end"]["errno"]) == (
        "failed_to_start", "launch", "execute", "ENOEXEC")
    assert has(view, "step", "errno") and "ENOEXEC" in view["reason"]


def kill_monitor(caisson, policy):
    """A task whose monitor is killed: nobody writes its end."""
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    for pid in caisson.airlocks([task.id]):
        if host.status(pid).get("NSpid", "").split()[1:] == []:
            os.kill(pid, signal.SIGKILL)
    assert host.until(lambda: not caisson.airlocks([task.id]))
    return task


def test_monitor_died(caisson, policy):
    view = kill_monitor(caisson, policy).inspect()
    assert (view["status"], view["end"]["cause"]) == ("lost", "monitor_died") and has(view, "detail")
    assert "monitor was killed" in view["reason"]


def checksum(data):
    """That of Sources/Records/Envelope.swift."""
    found, mask, place = 0xCBF29CE484222325, (1 << 64) - 1, 0
    while place + 8 <= len(data):
        found = (found ^ int.from_bytes(data[place:place + 8], "little")) * 0x100000001B3 & mask
        found ^= found >> 29
        place += 8
    for byte in data[place:]:
        found = (found ^ byte) * 0x100000001B3 & mask
    return found


def test_host_restarted(caisson, policy):
    """The record names the boot in which it was written; another one is all that a restart leaves to be seen."""
    task = kill_monitor(caisson, policy)
    record = caisson.state / "tasks" / task.id / "record"
    boot = open("/proc/sys/kernel/random/boot_id", "rb").read().strip()
    data = record.read_bytes()
    assert data.count(boot) == 1 and checksum(data[:-8]) == int.from_bytes(data[-8:], "little")
    data = data[:-8].replace(boot, b"00000000-0000-4000-8000-000000000000")
    record.write_bytes(data + checksum(data).to_bytes(8, "little"))
    view = task.inspect()
    assert (view["status"], view["end"]["cause"]) == ("lost", "host_restarted") and has(view, "detail")
    assert "restarted" in view["reason"] and task.wait().code == 125
