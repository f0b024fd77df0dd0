"""Standard input, output and error of a foreground task: every byte, at the reader's pace."""
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

import host

MIB = 1 << 20


@pytest.fixture
def cat(caisson):
    return caisson.policy("cat", commands=caisson.allow("cat", "probe"))


# --- input

def test_input_from_a_pipe(caisson, cat):
    data = os.urandom(3 * MIB + 17)
    assert caisson.run("cat", policy=cat, input=data).out == data


def test_input_from_a_file_and_its_offset(caisson, cat):
    path = caisson.base / "input"
    path.write_bytes(b"skipped" + b"x" * MIB)
    with open(path, "rb") as file:
        os.lseek(file.fileno(), 7, os.SEEK_SET)
        assert caisson.run("cat", policy=cat, stdin=file).out == b"x" * MIB


def test_input_from_a_file_can_not_be_opened_again_for_writing(caisson, policy):
    path = caisson.base / "input"
    path.write_bytes(b"canary")
    path.chmod(0o666)
    with open(path, "r+b") as file:
        ended = caisson.run("probe", "touch", "w", "/proc/self/fd/0", "/dev/stdin", policy=policy, stdin=file)
        assert ended.results
    assert path.read_bytes() == b"canary"


def test_input_from_nothing_ends_at_once(caisson, policy):
    assert caisson.run("probe", "count", policy=policy, stdin=subprocess.DEVNULL).text == "read 0\n"


def test_a_closed_input_ends_at_once(caisson, policy):
    def close():
        os.close(0)
    ended = caisson.run("probe", "count", policy=policy, stdin=None, preexec_fn=close)
    assert ended.text == "read 0\n", ended.words


def test_input_from_a_socket(caisson, cat):
    ours, theirs = socket.socketpair()
    with theirs:
        child = caisson.start("cat", policy=cat, stdin=theirs)
    with ours:
        ours.sendall(b"hello")
        ours.shutdown(socket.SHUT_WR)
        assert child.communicate(timeout=20)[0] == b"hello"


def test_a_task_that_reads_nothing_does_not_hold_the_caller(caisson, policy):
    child = caisson.start("probe", "exit", "5", policy=policy, stdin=subprocess.PIPE)
    child.wait(20)
    assert child.returncode == 5


def test_a_background_task_has_no_input(caisson, policy):
    task = caisson.detach("probe", "count", policy=policy, input=b"not for it")
    task.wait()
    assert task.logs() == b"read 0\n"


# --- output

def test_200_mib_arrive_byte_for_byte(caisson, policy):
    size = 200 * MIB
    outside = subprocess.Popen([caisson.probe, "flood", str(size)], stdout=subprocess.PIPE)
    expected = hashlib.file_digest(outside.stdout, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else digest(outside.stdout)
    outside.wait()
    child = caisson.start("probe", "flood", str(size), policy=policy, stderr=subprocess.DEVNULL)
    assert digest(child.stdout) == expected
    assert child.wait(30) == 0


def digest(stream):
    found = hashlib.sha256()
    while block := stream.read(MIB):
        found.update(block)
    return found.hexdigest()


def test_the_cap_of_the_record_does_not_touch_the_pipe(caisson):
    policy = caisson.policy("cap", limits='output = "1 MiB"')
    before = caisson.ids
    child = caisson.start("probe", "flood", str(20 * MIB), policy=policy, stderr=subprocess.DEVNULL)
    assert digest(child.stdout) == hashlib.sha256(caisson.outside("flood", 20 * MIB).out).hexdigest()
    assert child.wait(20) == 0
    task = caisson.newest(before)
    kept = task.logs()
    assert len(kept) <= MIB
    whole = caisson.outside("flood", 20 * MIB).out
    half = os.path.commonprefix([kept, whole])
    assert len(half) >= len(kept) // 3 and whole.endswith(kept[len(half):]), "the first and the last part are kept"


def test_a_slow_reader_holds_the_task_back(caisson, policy):
    before = caisson.ids
    child = caisson.start("probe", "flood", str(50 * MIB), policy=policy, stderr=subprocess.DEVNULL)
    task = caisson.newest(before)
    total = lambda: len(task.logs())
    assert host.until(lambda: total() > 0)
    time.sleep(0.5)
    held = total()
    assert held < 2 * MIB, "nobody reads, and the task has gone on"
    time.sleep(0.3)
    assert total() == held
    assert digest(child.stdout) == hashlib.sha256(caisson.outside("flood", 50 * MIB).out).hexdigest()
    assert child.wait(20) == 0


def test_what_is_in_the_pipes_at_the_end_is_not_lost(caisson, policy):
    """The defect of the original: a session was finalised on `exit`, and what was still in the pipe was gone."""
    size = 190_000
    before = caisson.ids
    child = caisson.start("probe", "flood", str(size), policy=policy, stderr=subprocess.DEVNULL)
    time.sleep(1)
    assert digest(child.stdout) == hashlib.sha256(caisson.outside("flood", size).out).hexdigest()
    assert child.wait(20) == 0
    assert caisson.newest(before).logs() == caisson.outside("flood", size).out


def test_a_reader_that_goes_away_ends_the_task_by_a_broken_pipe(caisson, policy):
    before = caisson.ids
    child = caisson.start("probe", "flood", str(1 << 40), policy=policy)
    assert len(child.stdout.read(10)) == 10
    child.stdout.close()
    assert child.wait(20) == 128 + signal.SIGPIPE
    task = caisson.newest(before)
    assert task.inspect()["status"] == "signaled"
    assert caisson.are_gone([task.id])


def test_head_in_a_pipeline(caisson, cat):
    (caisson.workspace / "many").write_text("line\n" * 1_000_000)
    line = [caisson.program, *caisson.line(["cat", "many"], cat, caisson.workspace, [])]
    first = caisson.start("cat", "many", policy=cat)
    head = subprocess.run(["head", "-n", "1"], stdin=first.stdout, capture_output=True, timeout=20)
    first.stdout.close()
    assert head.stdout == b"line\n" and line
    assert first.wait(20) == 128 + signal.SIGPIPE


def test_a_closed_output_is_an_error_of_the_task_and_not_ours(caisson, policy):
    def close():
        os.close(1)
    ended = caisson.run("probe", "flood", str(1 << 30), policy=policy, stdout=None, preexec_fn=close)
    assert ended.code in (3, 128 + signal.SIGPIPE), ended.words


def test_both_streams_are_apart(caisson, policy):
    ended = caisson.run("probe", "flood", "5000", "2", policy=policy)
    assert ended.out == b"" and ended.err == caisson.outside("flood", "5000").out


def test_the_caller_s_descriptors_stay_as_they_were(caisson, policy):
    """O_NONBLOCK on a shared description would break whoever uses it next."""
    reading, writing = os.pipe()
    try:
        for end in (reading, writing):
            assert os.get_blocking(end)
        caisson.run("probe", "say", "x", policy=policy, stdin=reading, stdout=writing)
        assert os.get_blocking(reading) and os.get_blocking(writing)
    finally:
        os.close(reading)
        os.close(writing)


# --- readers that do not read

def stalled(caisson, policy, **streams):
    """A task that floods a front end that nobody reads; the front end and the task, which is held back."""
    before = caisson.ids
    child = caisson.start("probe", "flood", str(1 << 40), policy=policy, **streams)
    task = caisson.newest(before)
    assert host.until(lambda: len(task.logs()) > 0)
    held = host.until(lambda: (length := len(task.logs())) and time.sleep(0.2) is None and length == len(task.logs()) and length)
    assert held, "it is held back"
    return child, task


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT"])
@pytest.mark.parametrize("streams", [{}, {"stderr": subprocess.STDOUT}], ids=["apart", "one-pipe"])
def test_a_signal_ends_a_run_that_nobody_reads(caisson, policy, name, streams):
    """Ctrl-C with a full pipe in front: the signal is heard, and the end does not wait for a reader that does not come."""
    child, task = stalled(caisson, policy, **streams)
    child.send_signal(getattr(signal, f"SIG{name}"))
    assert host.until(lambda: task.inspect()["status"] == "signaled"), "the task hears of it at once"
    assert child.wait(10) == 128 + getattr(signal, f"SIG{name}")
    assert caisson.are_gone([task.id])
    kept, printed = task.logs(), child.stdout.read()
    assert len(printed) >= 65536 and kept.startswith(printed) and len(kept) > len(printed), "the record has it all"
    assert kept == caisson.outside("flood", len(kept)).out
    if not streams:
        assert b"caisson logs" in child.stderr.read()


def test_a_reader_that_comes_in_time_gets_everything_after_a_signal_too(caisson, policy):
    child, task = stalled(caisson, policy)
    child.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    out, err = child.communicate(timeout=20)
    assert child.returncode == 143 and out == task.logs() and err == b""


def test_the_record_is_whole_when_the_end_is_told_and_nobody_has_read(caisson, policy):
    child, task = stalled(caisson, policy)
    task.stop("--grace", "0s").ok()
    recorded = task.logs()
    out, _ = child.communicate(timeout=20)
    assert child.returncode == 137 and out == recorded == task.logs()


def slowly(read, size):
    """Reads everything with a pause at the beginning."""
    time.sleep(0.5)
    data = b""
    while block := read(size):
        data += block
    return data


def test_an_output_that_is_non_blocking_gets_every_byte(caisson, policy):
    """Somebody else's O_NONBLOCK on a shared description: EAGAIN is waited out."""
    size = 3 * MIB
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb") as stream:
        child = caisson.start("probe", "flood", str(size), policy=policy, stdout=writing)
        assert not os.get_blocking(writing)
        os.close(writing)
        assert slowly(stream.read, MIB) == caisson.outside("flood", size).out
    assert child.wait(20) == 0, child.stderr.read()


def test_logs_to_an_output_that_is_non_blocking(caisson, policy):
    size = 3 * MIB
    task = caisson.detach("probe", "flood", str(size), policy=policy)
    task.wait()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb") as stream:
        child = caisson.popen("logs", task.id, stdout=writing)
        os.close(writing)
        assert slowly(stream.read, MIB) == caisson.outside("flood", size).out
    assert child.wait(20) == 0, child.stderr.read()


def test_output_to_a_socket(caisson, policy):
    size = 3 * MIB
    ours, theirs = socket.socketpair()
    with theirs:
        child = caisson.start("probe", "flood", str(size), policy=policy, stdout=theirs)
    with ours:
        assert slowly(ours.recv, MIB) == caisson.outside("flood", size).out
    assert child.wait(20) == 0, child.stderr.read()


def test_output_to_a_file_is_appended_where_it_stands(caisson, policy):
    path = caisson.base / "output"
    path.write_bytes(b"before\n")
    with open(path, "ab") as file:
        assert caisson.run("probe", "say", "x", policy=policy, stdout=file).code == 0
    assert path.read_bytes() == b"before\nx"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_pipe_that_can_not_be_opened_again(caisson, policy):
    """One of another user's, or no /proc: signals are heard all the same, and every byte comes."""
    size = 3 * MIB
    closed = ["strace", "-qq", "-o", "/dev/null", "-P", "/proc/self/fd/1", "-e", "inject=openat:error=EACCES", caisson.program]
    line = lambda bytes: [*closed, *map(str, caisson.line(["probe", "flood", str(bytes)], policy, caisson.workspace, []))]
    options = {"env": caisson.variables, "cwd": caisson.base, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    with subprocess.Popen(line(size), **options) as child:
        assert slowly(child.stdout.read, MIB) == caisson.outside("flood", size).out and child.wait(20) == 0
    before = caisson.ids
    with subprocess.Popen(line(1 << 40), **options) as child:
        task = caisson.newest(before)
        assert host.until(lambda: len(task.logs()) >= 65536)
        front, = [pid for pid in host.processes() if int(host.status(pid).get("PPid", 0)) == child.pid]
        time.sleep(0.5)
        os.kill(front, signal.SIGINT)
        assert child.wait(20) == 130


# --- logs

def test_logs_by_offset_tail_and_stream(caisson, policy):
    task = caisson.detach("probe", "flood", "100000", policy=policy)
    task.wait()
    whole = caisson.outside("flood", "100000").out
    assert task.logs() == whole
    assert task.logs("--from", "99990") == whole[99990:]
    assert task.logs("--tail", "7") == b"\n".join(whole.split(b"\n")[-7:])
    assert task.logs("--stream", "stdout") == whole and task.logs("--stream", "stderr") == b""
    assert task.logs("--from", "100000") == b"" == task.logs("--from", "5000000")


def test_logs_follow_until_the_end(caisson):
    policy = caisson.policy("sh", commands=caisson.allow("sh", "sleep"))
    task = caisson.detach("sh", "-c", "for i in 1 2 3; do echo $i; sleep 0.3; done; echo e >&2", policy=policy)
    follower = caisson.popen("logs", "--follow", task.id)
    assert follower.stdout.read(2) == b"1\n"
    assert caisson.running() == [task.id], "the first line has come while it runs"
    assert follower.stdout.read() == b"2\n3\ne\n"
    assert follower.wait(10) == 0
