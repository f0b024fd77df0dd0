"""Front ends as services of a real systemd, which is PID 1 of a container in the guest: its own cgroup namespace and PIDs."""
import shutil
import subprocess

import pytest

import group
import host

MACHINE = group.ROOT / "machine"
UNITS = "/run/systemd/system"
# The container's part of the hierarchy begins where only systemd is: what has processes can't hand controllers down.
START = """
echo 0 >{machine}/cgroup.procs
exec unshare --cgroup sh -c '
umount /sys/fs/cgroup && mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup && mount -t tmpfs tmpfs /run &&
mkdir -p {units} && cp {base}/units/* {units} && exec /lib/systemd/systemd --system --unit=idle.service --log-target=null --show-status=no'
"""
SERVICE = """
[Unit]
DefaultDependencies=no
[Service]
Environment=CAISSON_STATE={state}
WorkingDirectory={workspace}
StandardOutput=append:{base}/out
StandardError=append:{base}/out
KillSignal=SIGKILL
{settings}
ExecStart={program} run --policy {policy} -- {probe} linger served
"""
IDLE = "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 1000\n"


@pytest.fixture
def service(caisson, base, limited):
    """Boots systemd with a service that runs a task in the foreground; systemctl for it."""
    machines = []

    def boot(settings, **tables):
        units = base / "units"
        units.mkdir()
        text = SERVICE.format(
            state=caisson.state, workspace=caisson.workspace, base=base, settings=settings, program=caisson.program,
            policy=limited('memory = "64 MiB"', **tables), probe=caisson.probe)
        (units / "front.service").write_text(text)
        (units / "idle.service").write_text(IDLE)
        MACHINE.mkdir()
        outer = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "sh", "-c",
             START.format(machine=MACHINE, units=UNITS, base=base)], env={"container": "caisson", "PATH": caisson.variables["PATH"]})
        machines.append(outer)
        inner = host.until(lambda: host.read(f"/proc/{outer.pid}/task/{outer.pid}/children").decode().strip())

        def systemctl(*words):
            return subprocess.run(
                ["nsenter", "--target", inner, "--mount", "--pid", "--cgroup", "systemctl", "--no-pager", *words],
                capture_output=True, text=True, timeout=60)
        assert host.until(lambda: systemctl("is-active", "idle.service").stdout == "active\n", 60)
        return systemctl
    yield boot
    for outer in machines:
        outer.kill()
        outer.wait()
    assert host.until(lambda: not host.having("served"))
    group.remove(MACHINE)


def served(old=()):
    """The task of the service, its monitor and its front end."""
    def found():
        pids = [pid for pid in host.having("served") if pid not in old and group.path(pid).parent.name == "default"]
        return pids if len(pids) == 1 else None
    task = host.until(found, 30)
    assert task, host.having("served")
    return task[0], int(host.status(int(host.status(task[0])["PPid"]))["PPid"])


needs_systemd = pytest.mark.skipif(not shutil.which("systemctl"), reason="systemd is not installed on the host")


@needs_systemd
def test_a_service_with_delegate_has_the_limits_and_its_tasks_outlive_it(service):
    systemctl = service("Delegate=yes\nKillMode=process")
    assert systemctl("start", "front.service").returncode == 0
    task, monitor = served()
    unit = MACHINE / "system.slice/front.service"
    front = int(systemctl("show", "--property=MainPID", "--value", "front.service").stdout)
    assert group.path(task).parent == unit / "tasks/default" and group.path(monitor) == unit / "monitors/default"
    assert group.text(group.path(task), "memory.max") == str(64 << 20)
    assert front and len(group.processes(unit / "supervisor")) == 1
    systemctl("stop", "front.service")
    assert systemctl("is-active", "front.service").stdout == "failed\n", "it was killed"
    assert host.until(lambda: len(host.having("served")) == 1)
    assert host.having("served") == [task] and group.processes(unit / "monitors/default") == [monitor]


@needs_systemd
def test_a_service_whose_tasks_are_in_a_group_of_their_own_is_restarted(service):
    """`Delegate=yes` is not enough before systemd 254: while a task runs, the service's group takes no process of the next start."""
    systemctl = service("KillMode=control-group", cgroup='parent = "/sys/fs/cgroup/caisson"')
    assert systemctl("start", "front.service").returncode == 0
    first, monitor = served()
    assert group.path(first).parent == MACHINE / "caisson/tasks/default" and group.path(monitor) == MACHINE / "caisson/monitors/default"
    assert systemctl("restart", "front.service").returncode == 0
    second, _ = served(old=[first])
    assert systemctl("is-active", "front.service").stdout == "active\n"
    assert host.status(first)["State"].startswith("S"), "the first task goes on"
    assert group.path(second).parent == group.path(first).parent
