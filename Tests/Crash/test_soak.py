"""Many short tasks, one after the other: everything returns to where it began."""
import os
import subprocess
import time

import host
from caisson import Caisson
from server import Server


def resources(server, caisson, known):
    """What could grow with the number of tasks that have ended; `known`: their ids."""
    pid = server.process.pid
    return {
        "descriptors of the server": len(os.listdir(f"/proc/{pid}/fd")),
        "threads of the server": int(host.status(pid)["Threads"]),
        "children of the server": len(host.read(f"/proc/{pid}/task/{pid}/children").split()),
        "zombies": sum("Z" == host.read(f"/proc/{each}/stat").decode().rpartition(") ")[2][:1] for each in mine()),
        "mounts": len(host.mounts()),
        "airlocks": len(Caisson.airlocks(known)),
        "tasks": len(os.listdir(caisson.state / "tasks")),
        "groups": sum(len(names) for _, names, _ in os.walk("/sys/fs/cgroup/caisson")),
    }


def grown(before, after):
    """What is more than before; zombies of others come and go."""
    return {name for name, count in after.items() if count > before[name]}


def mine():
    """The processes of this user below this one."""
    return [pid for pid in host.processes() if host.status(pid).get("PPid") in {str(os.getpid()), "1"}]


def memory(server):
    """Anonymous memory of the server, in KiB: what it has read of files comes and goes as the machine likes."""
    return int(host.status(server.process.pid)["RssAnon"].split()[0])


def state_size(caisson):
    """KiB of the state directory on disk, without tasks, ledger and audit log."""
    said = subprocess.run(["du", "-sk", "--exclude=tasks", "--exclude=ledger.*", "--exclude=audit.*", caisson.state], capture_output=True, check=True)
    return int(said.stdout.split()[0])


def test_ten_thousand_short_tasks_leave_nothing_behind(caisson, is_over, request):
    """Over MCP by one server, and every tenth on the command line."""
    policy = caisson.policy("soak", files='view = "empty"', retention='ended = "1 s"')
    count = request.config.getoption("tasks")
    server, known = Server(caisson, policy), set()
    assert run(server, caisson, policy, count // 10, lambda: False, known) == count // 10
    caisson.call("prune", "--older-than", "0s").ok()
    before, memory_before, size = resources(server, caisson, known), memory(server), state_size(caisson)
    began = time.monotonic()
    ran = run(server, caisson, policy, count - count // 10, is_over, known)
    print(f"{ran / (time.monotonic() - began):.0f} tasks a second, one at a time, {count // 10 + ran} of the {count} in all")
    most = len(caisson.ids)
    caisson.call("prune", "--older-than", "0s").ok()
    after = lambda: resources(server, caisson, known)  # noqa: E731
    assert host.until(lambda: not grown(before, after()), 5), (before, after())
    assert memory(server) < memory_before * 1.2 + 2048, (memory_before, memory(server))
    assert state_size(caisson) <= size + 64
    print(f"{most} ended tasks were still kept at the end; the server's memory went from {memory_before} to {memory(server)} KiB")


def run(server, caisson, policy, count, is_over, known):
    """Runs so many, or fewer when the time is over; how many. Their ids are added to `known`."""
    for number in range(count):
        if is_over():
            return number
        if number % 10 == 9:
            assert caisson.run("probe", "exit", "3", policy=policy).code == 3
        else:
            view = server.call("execute_command", argv=["probe", "say", "word"])
            assert (view["status"], view["output"]["text"]) == ("exited", "word"), view
            known.add(view["task_id"])
        if number % 1000 == 999:
            known.update(caisson.ids)
            assert Caisson.are_gone(known)
            print(f"{number + 1} tasks", flush=True)
    return count
