"""Input that comes later: through `attach`, and as messages to the monitor. The monitor is never held, and nothing is lost."""
import hashlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest

import control
import host
from caisson import Task
from control import Control

MIB = 1 << 20
QUEUE = 256 << 10


@pytest.fixture
def policy(caisson):
    return caisson.policy("input", commands=caisson.allow("cat", "sh", "sleep", "sha256sum", "head", "probe", "dd"))


def open_task(caisson, policy, *argv):
    return caisson.detach(*argv, policy=policy, options=["--stdin", "open"])


# --- attach

def test_input_is_whole(caisson, policy):
    data = os.urandom(MIB)
    task = open_task(caisson, policy, "cat")
    ended = caisson.call("attach", task.id, input=data)
    assert ended.code == 0 and task.logs() == data
    assert ended.out == data, "whoever is attached gets what comes from then on"


def test_input_waits_for_a_task_that_sleeps(caisson, policy):
    """Much more than pipe and monitor hold: whoever sends it waits, and nobody else."""
    data = os.urandom(3 * MIB + 1)
    task = open_task(caisson, policy, "sh", "-c", "sleep 1.5; sha256sum")
    sender = caisson.popen("attach", task.id, stdin=subprocess.PIPE)
    sender.stdin.write(data[:QUEUE])
    time.sleep(0.3)
    began = time.monotonic()
    assert task.inspect()["status"] == "running"
    assert Control(caisson, task).ask(control.STATE)[0] == "progress" and time.monotonic() - began < 1
    out, _ = sender.communicate(data[QUEUE:], timeout=30)
    assert sender.returncode == 0
    assert task.logs().split()[0].decode() == hashlib.sha256(data).hexdigest()


def test_the_end_of_input_comes_once(caisson, policy):
    task = open_task(caisson, policy, "sh", "-c", "cat; echo over; sleep 1")
    assert caisson.call("attach", task.id, input=b"first\n").code == 0
    assert task.logs() == b"first\nover\n"


def test_several_may_type(caisson, policy):
    task = open_task(caisson, policy, "cat")
    writers = [Control(caisson, task) for _ in range(5)]
    for round in range(20):
        for number, writer in enumerate(writers):
            line = b"%d %d\n" % (number, round)
            assert writer.input(line) == ("progress", len(line))
    assert writers[0].ask(control.END_OF_INPUT) == ("done", None)
    assert task.wait().code == 0
    assert task.logs() == b"".join(b"%d %d\n" % (number, round) for round in range(20) for number in range(5))


def test_without_open_input_nobody_types(caisson, policy):
    task = caisson.detach("sleep", "60", policy=policy)
    assert Control(caisson, task).input(b"x") == ("refused", 'the standard input of this task was not left open (stdin: "open")')
    attached = caisson.popen("attach", task.id, stdin=subprocess.PIPE)
    time.sleep(0.3)
    attached.send_signal(signal.SIGINT)
    _, words = attached.communicate(timeout=20)
    assert attached.returncode == 130 and b"it takes no input" in words and b"runs on" in words
    assert task.inspect()["status"] == "running"


def test_nothing_in_front_ends_no_input(caisson, policy):
    """`attach </dev/null`, as from cron: it looks, and closes nothing."""
    task = open_task(caisson, policy, "cat")
    looking = caisson.popen("attach", task.id)
    time.sleep(0.5)
    assert looking.poll() is None
    assert Control(caisson, task).input(b"word\n") == ("progress", 5)
    task.says("word")
    looking.send_signal(signal.SIGTERM)
    assert looking.wait(20) == 143
    task.stop("--grace", "0s").ok()


@pytest.mark.parametrize("words", [["--stdin", "open"], ["--stdin", "closed", "--detach"]])
def test_open_input_is_for_background_tasks(caisson, policy, words):
    assert caisson.run("cat", policy=policy, options=words).code == 125


def test_an_open_pipe_is_not_open_elsewhere(caisson, policy):
    """The task's end is closed everywhere but in the task: whoever writes to a task that has closed it is told."""
    task = open_task(caisson, policy, "sh", "-c", "exec <&-; echo closed; sleep 60").says("closed")
    assert Control(caisson, task).input(b"x") == ("refused", "the task has closed its standard input")
    assert Control(caisson, task).input(b"x") == ("refused", "the task has closed its standard input")


def test_the_task_can_open_its_input_by_name(caisson, policy):
    """/dev/stdin, also as root, where the task is another user: a pipe that was made for it is its own."""
    task = open_task(caisson, policy, "cat", "/dev/stdin")
    assert caisson.call("attach", task.id, input=b"word\n").code == 0
    assert task.logs() == b"word\n"
    path = caisson.base / "file"
    path.write_bytes(b"from a file")
    with open(path, "rb") as file:
        assert caisson.run("cat", "/dev/stdin", policy=policy, stdin=file).out == b"from a file"


# --- the monitor

@pytest.mark.claim("S-43")
def test_a_task_that_never_reads_does_not_hold_the_monitor(caisson, policy):
    """What is taken is bounded; every question is answered; waiting for room is no answer before there is some."""
    task = open_task(caisson, policy, "sleep", "60")
    writer = Control(caisson, task)
    taken = 0
    for _ in range(20):
        kind, count = writer.input(b"x" * (64 << 10))
        assert kind == "progress"
        taken += count
    assert taken == QUEUE + (64 << 10), "the queue, and what a pipe holds"
    waiting = Control(caisson, task, timeout=0.5)
    with pytest.raises(TimeoutError):
        waiting.ask(control.ROOM)
    began = time.monotonic()
    assert writer.ask(control.STATE) == ("progress", 0) and time.monotonic() - began < 0.5
    monitor, = [pid for pid in caisson.airlocks([task.id]) if int(host.status(pid)["PPid"]) not in caisson.airlocks([task.id])]
    before = cpu(monitor)
    time.sleep(1)
    assert cpu(monitor) - before < 0.02, "input that waits costs nothing"
    task.stop("--grace", "0s").ok()


def cpu(pid):
    fields = host.read(f"/proc/{pid}/stat").decode().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_idle_monitor_uses_no_processor(caisson, policy):
    """No ticks: with open input, with a terminal, and with somebody attached, a monitor does not run at all."""
    tasks = [
        open_task(caisson, policy, "sleep", "60"), caisson.detach("sleep", "60", policy=policy),
        caisson.detach("sleep", "60", policy=policy, options=["--tty"])]
    looking = [caisson.popen("attach", task.id) for task in tasks]
    time.sleep(0.5)
    monitors = [pid for pid in caisson.airlocks([task.id for task in tasks]) if b"caisson-airlock" in host.command_line(pid)]
    watched = monitors + [one.pid for one in looking]
    before = {pid: switches(pid) for pid in watched}
    time.sleep(2)
    assert {pid: switches(pid) for pid in watched} == before
    for one in looking:
        one.kill()


def switches(pid):
    status = host.status(pid)
    return int(status["voluntary_ctxt_switches"]), int(status["nonvoluntary_ctxt_switches"])


@pytest.mark.claim("S-43")
def test_a_front_end_that_reads_no_answers_is_dropped(caisson, policy):
    """It would hold the monitor, and with it everybody else."""
    task = open_task(caisson, policy, "sleep", "60")
    silent = Control(caisson, task, timeout=5)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        for _ in range(1_000_000):
            silent.send(control.STATE)
    assert Control(caisson, task).ask(control.STATE) == ("progress", 0)
    task.stop("--grace", "0s").ok()


def test_front_ends_that_go_away_at_once_with_news_harm_nobody(caisson, policy):
    """In one moment one hangs up that waits for output, the output comes, and others ask: each of them is answered."""
    task = open_task(caisson, policy, "sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; echo more; sleep 60")
    follow = struct.pack("<HBQ", 1, 3, 0)
    gone, asking = [Control(caisson, task) for _ in range(5)], [Control(caisson, task) for _ in range(3)]
    for one in gone + asking:
        assert one.ask(control.STATE) == ("progress", 0)
    monitor, = monitors(caisson, task)
    os.kill(monitor, signal.SIGSTOP)
    for one in gone:
        one.send(follow)
    os.kill(monitor, signal.SIGCONT)
    time.sleep(0.2)
    os.kill(monitor, signal.SIGSTOP)
    (caisson.workspace / "go").touch()
    time.sleep(0.3)
    for one in gone:
        one.close()
    for one in asking:
        one.send(control.STATE)
    os.kill(monitor, signal.SIGCONT)
    for one in asking:
        assert one.answer() == ("progress", 5)
    assert task.inspect()["status"] == "running"


def test_an_attached_reader_waits_for_a_place(caisson, policy):
    """A monitor takes 64 connections. Who comes later is not told anything, and comes again."""
    task = open_task(caisson, policy, "cat")
    crowd = [Control(caisson, task) for _ in range(64)]
    for one in crowd:
        assert one.ask(control.STATE)[0] == "progress"
    looking = caisson.popen("attach", task.id)
    time.sleep(0.5)
    assert looking.poll() is None
    assert crowd[0].input(b"word\n") == ("progress", 5)
    for one in crowd[1:]:
        one.close()
    assert looking.stdout.read(5) == b"word\n"
    looking.send_signal(signal.SIGINT)
    assert looking.wait(20) == 130
    assert crowd[0].ask(control.END_OF_INPUT) == ("done", None)


@pytest.mark.parametrize("message", [
    b"", b"\x01", b"\x01\0", b"\x01\0\x63", b"\x02\0\x63", b"\x03\0\x06", b"\0\0\x06", b"\xff\xff\x06", b"\x01\0\x04\xff\xff\xff\xff",
    b"\x01\0\x06\0", b"\x02\0\x07\x01", b"\x02\0\x08\x02", os.urandom(4096)])
def test_what_is_not_understood_is_answered(caisson, policy, message):
    """A newer or stranger front end is told which versions there are, and can go on; only an empty message is a farewell."""
    task = open_task(caisson, policy, "sleep", "60")
    stranger = Control(caisson, task)
    answer = stranger.ask(message)
    if message:
        kind, words = answer
        assert kind == "refused" and "version 2" in words, answer
        assert stranger.ask(control.STATE) == ("progress", 0)
    assert Control(caisson, task).ask(control.STATE) == ("progress", 0)


def test_a_size_is_for_terminals(caisson, policy):
    task = open_task(caisson, policy, "sleep", "60")
    assert Control(caisson, task).ask(control.resize(10, 10)) == ("refused", "the task has no terminal (tty: true)")


@pytest.mark.skipif(not host.EFFECTIVE_ROOT, reason="needs root to be somebody else")
@pytest.mark.claim("S-44")
def test_a_peer_of_another_uid_is_refused(caisson, policy):
    """The directory keeps strangers out; where somebody has opened it for them, the monitor still does."""
    task = open_task(caisson, policy, "cat")
    name = caisson.state / "tasks" / task.id / "control"
    name.chmod(0o777)
    program = (
        "import os, socket, sys\n"
        "place = os.open(sys.argv[1], os.O_PATH)\n"
        "if sys.argv[2] != '0': os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)\n"
        "peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "peer.connect(f'/proc/self/fd/{place}')\n"
        "try:\n  peer.send(bytes([1, 0, 4, 1, 0, 0, 0, 120])); print(peer.recv(100).hex() or 'hung up')\n"
        "except OSError as error: print(type(error).__name__)\n")

    def asked(user):
        return subprocess.run(["python3", "-c", program, name, user], capture_output=True, text=True, timeout=20).stdout.strip()
    assert asked("65534") in ("hung up", "BrokenPipeError", "ConnectionResetError")
    time.sleep(0.2)
    assert task.logs() == b""
    assert asked("0").startswith("010002"), "the control: the owner is answered"
    task.says("x")


# --- what was there before, and what comes after

OLDER = Path(__file__).parents[1] / "Data" / "older"


def test_the_records_of_an_older_version_are_read(caisson):
    """A task that ended under the version before: plan version 2, record, receipt and end."""
    id, = [place.name for place in OLDER.iterdir()]
    (caisson.state / "tasks").mkdir(mode=0o700, exist_ok=True)
    shutil.copytree(OLDER / id, caisson.state / "tasks" / id)
    (caisson.state / "tasks" / id).chmod(0o700)
    try:
        task = Task(caisson, id)
        assert task.logs() == b"out\nerr\n" and task.logs("--stream", "stderr") == b"err\n"
        assert task.wait().code == 3
        seen = task.inspect()
        assert seen["status"] == "exited" and seen["plan"]["terminal"] is False
        assert all(line["agrees"] for line in seen["receipt"]["lines"])
        assert "has ended" in caisson.call("attach", id).words
    finally:
        shutil.rmtree(caisson.state / "tasks" / id)


def test_the_programs_can_be_replaced_while_a_task_runs(caisson, policy):
    """An upgrade renames new files over the old ones: monitors run on, and new front ends speak to them."""
    place = caisson.base / "bin"
    place.mkdir(mode=0o755)
    for name in ("caisson", "caisson-airlock", "caisson-server"):
        shutil.copy2(caisson.programs / name, place / name)
    old = type(caisson)(place, caisson.base, caisson.state, caisson.workspace, caisson.tools)
    task = open_task(old, policy, "sh", "-c", "echo begun; cat")
    terminal = old.detach("sh", "-c", "read line; echo got $line", policy=policy, options=["--tty"])
    task.says("begun")
    for name in ("caisson", "caisson-airlock", "caisson-server"):
        shutil.copy2(caisson.programs / name, place / f"{name}.new")
        os.rename(place / f"{name}.new", place / name)
    if host.EFFECTIVE_ROOT:
        assert all("(deleted)" in os.readlink(f"/proc/{pid}/exe") for pid in monitors(caisson, task))
    assert caisson.call("attach", task.id, input=b"after\n").code == 0
    assert task.logs() == b"begun\nafter\n"
    assert Control(caisson, terminal).input(b"word\r")[0] == "progress"
    assert terminal.wait().code == 0 and b"got word\r\n" in terminal.logs()


def monitors(caisson, task):
    both = caisson.airlocks([task.id])
    return [pid for pid in both if int(host.status(pid)["PPid"]) not in both]


def test_a_monitor_of_an_older_version_is_told_of_and_spoken_to(caisson, policy):
    """One that knows the first version of the protocol only hangs up at what came later. It is played here: the real one is stopped,
    and its socket replaced."""
    task = open_task(caisson, policy, "sleep", "60")
    place = caisson.state / "tasks" / task.id
    os.rename(place / "control", place / "control.real")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    directory = os.open(place, os.O_RDONLY)
    listener.bind(f"/proc/self/fd/{directory}/control")
    listener.listen(8)
    attached = caisson.popen("attach", task.id, stdin=subprocess.PIPE)
    heard, news = [], []
    listener.settimeout(20)
    try:
        attached.stdin.write(b"word\n")
        attached.stdin.flush()
        while len(heard) < 3:
            peer, _ = listener.accept()
            peer.settimeout(1)
            try:
                data = peer.recv(1 << 17)
            except TimeoutError:
                news.append(peer)
                continue
            heard.append(data)
            if data[:2] != b"\1\0":
                peer.close()
            elif data[2] == 4:
                peer.send(struct.pack("<HBQ", 1, 2, len(data) - 7))
                assert data[7:] == b"word\n"
                break
            else:
                news.append(peer)
    finally:
        os.close(directory)
        listener.close()
        attached.kill()
        os.rename(place / "control.real", place / "control")
    assert any(data[:3] == b"\2\0\x08" for data in heard), "it was asked what it does not know"
    assert heard[-1][:3] == b"\1\0\x04", "and spoken to all the same"


def test_monitors_survive_their_front_end_and_its_terminal(caisson, policy):
    """SIGKILL of the front end, a hang-up of its terminal and the end of its session: open input stays open."""
    child, terminal = caisson.on_terminal(*caisson.line(["cat"], policy, caisson.workspace, ["--detach", "--stdin", "open"]))
    assert child.wait(20) == 0
    os.close(terminal)
    task = Task(caisson, caisson.running()[0])
    assert Control(caisson, task).input(b"later\n") == ("progress", 6)
    task.says("later")
    assert Control(caisson, task).ask(control.END_OF_INPUT) == ("done", None)
    assert task.wait().code == 0
