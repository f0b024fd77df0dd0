"""Promise 5: every event that matters to a reviewer is in a log that shows tampering. Asserted on the file itself."""
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

import host

pytestmark = pytest.mark.claim("S-46")

SECRET = "hunter2-never-in-a-record"


class Log:
    """The audit log, read without the programs."""

    def __init__(self, caisson):
        self.caisson, self.path = caisson, caisson.state / "audit.log"

    @property
    def bytes(self):
        return self.path.read_bytes()

    @property
    def lines(self):
        return [json.loads(line) for line in self.bytes.splitlines()]

    def events(self, *names):
        return [line for line in self.lines if line["event"] in names]

    def check(self):
        """Every line names the one before, counted from 1."""
        before = "0" * 64
        for number, line in enumerate(self.bytes.splitlines(), 1):
            found = json.loads(line)
            assert (found["seq"], found["prev"]) == (number, before), line
            before = hashlib.sha256(line).hexdigest()
        return before

    def verify(self, *options):
        return self.caisson.call("audit", "verify", "--json", *options)

    def findings(self, *options):
        done = self.verify(*options)
        report = json.loads(done.out)
        assert (done.code == 0) == report["whole"] == (not report["findings"]) and done.code in (0, 1), done.words
        assert all(each["message"] and each["remedy"] for each in report["findings"])
        return [each["kind"] for each in report["findings"]]


@pytest.fixture
def log(caisson):
    """A log that begins with this test: the state directory is that of all tests, because compiled policies are in it."""
    for name in ("audit.log", "audit.head", "audit.key", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
        (caisson.state / name).unlink(missing_ok=True)
    if (caisson.state / "tasks").exists():
        shutil.rmtree(caisson.state / "tasks")
    return Log(caisson)


def test_a_start_and_an_end_are_in_the_log(caisson, policy, log):
    caisson.run("probe", "exit", "3", policy=policy)
    (start,), (end,) = log.events("start"), log.events("end")
    assert start["argv"] == ["probe", "exit", "3"] and start["workspace"] == str(caisson.workspace)
    assert (start["uid"], start["front_end"], start["client"]) == (os.getuid(), "cli", None)
    assert start["task"] == end["task"] and (end["status"], end["exit_code"]) == ("exited", 3)
    task = caisson.state / "tasks" / start["task"]
    assert start["plan_sha256"] == hashlib.sha256((task / "plan").read_bytes()).hexdigest()
    assert oct(log.path.stat().st_mode & 0o7777) == "0o600"
    log.check()
    assert log.findings() == []


def test_a_refusal_is_in_the_log_with_its_reason(caisson, policy, log):
    assert caisson.run("id", policy=policy).code == 126
    (refusal,) = log.events("refusal")
    assert refusal["cause"] == "commands" and refusal["argv"] == ["id"] and "id" in refusal["reason"]
    assert refusal["rule"] == "commands.allow" and refusal["file"].endswith(".toml") and refusal["line"] > 0
    assert log.events("start") == []


def test_a_policy_is_in_the_log_with_each_of_its_relaxations(caisson, log):
    path = caisson.policy("audited", own=True)
    caisson.run("probe", "exit", "0", policy=path)
    (loaded,), relaxed = log.events("policy"), log.events("relaxation")
    assert loaded["policy"] == "audited" and path in loaded["sources"]
    assert {each["key"] for each in relaxed} == set(loaded["relaxations"]) >= {"files.root_workspace"}
    assert all(each["reason"] and each["place"].startswith(path) for each in relaxed)
    assert set(log.events("start")[0]["relaxations"]) == set(loaded["relaxations"])


def test_acts_are_in_the_log(caisson, policy, log):
    task = caisson.detach("probe", "pause", policy=policy)
    task.stop().ok()
    caisson.call("prune", "--older-than", "0s").ok()
    acts = [(each["action"], each["by"], each["tasks"]) for each in log.events("act")]
    me = f"cli:{os.getuid()}"
    assert acts == [("stop", me, [task.id]), ("prune", me, [task.id])]
    assert [each["cause"] for each in log.events("end")] == ["stop"]
    assert log.events("end")[0]["by"] == me


@pytest.mark.clause("audit.redact")
def test_secrets_reach_no_record_but_the_plan(caisson, log):
    policy = caisson.policy(
        "redacting", environment='accept = ["MY_TOKEN", "PLAIN"]', audit='redact = ["*_TOKEN", "--password=*"]')
    words = ["probe", "exit", "0", f"--password={SECRET}", "--password", SECRET, f"A_TOKEN={SECRET}", "kept"]
    ended = caisson.run(*words, policy=policy, options=["--env", f"MY_TOKEN={SECRET}", "--env", "PLAIN=seen", "--json"])
    assert ended.view["argv"][3:] == ["--password=[redacted]", "--password", "[redacted]", "A_TOKEN=[redacted]", "kept"]
    caisson.run("id", f"--password={SECRET}", policy=policy)
    assert log.events("start")[0]["env"] == ["MY_TOKEN=[redacted]", "PLAIN=seen"]
    for words in (["ps", "--all", "--json"], ["inspect", ended.view["task_id"], "--json"], ["inspect", ended.view["task_id"]]):
        done = caisson.call(*words).ok()
        assert SECRET not in done.text + done.words
    holders = [path.name for path in caisson.state.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert holders == ["plan"]


@pytest.mark.control("audit.redact")
def test_the_control_without_patterns_they_are_written(caisson, log):
    policy = caisson.policy("telling", audit="redact = []")
    caisson.run("probe", "exit", "0", f"--password={SECRET}", policy=policy)
    assert SECRET.encode() in log.bytes


# --- ends that nobody saw


def test_an_end_that_no_front_end_saw_is_written_by_the_next_one_once(caisson, policy, log):
    task = caisson.detach("probe", "exit", "5", policy=policy)
    assert host.until(lambda: host.read(caisson.state / "tasks" / task.id / "end")[:1] == b"C")
    assert log.events("end") == []
    callers = [caisson.popen("ps", "--all") for _ in range(4)] + [caisson.popen("wait", task.id) for _ in range(4)]
    for caller in callers:
        caller.communicate(timeout=60)
    assert [(each["task"], each["exit_code"]) for each in log.events("end")] == [(task.id, 5)]
    caisson.call("prune", "--older-than", "0s").ok()
    assert len(log.events("end")) == 1 and log.findings() == []


def test_a_task_that_is_lost_has_an_end_in_the_log(caisson, policy, log):
    task = caisson.detach("probe", "pause", policy=policy)
    pid = task.pid
    monitor = next(each for each in host.having(task.id) if each != pid)
    os.kill(monitor, signal.SIGKILL)
    assert host.until(lambda: not os.path.exists(f"/proc/{pid}"))
    caisson.call("ps", "--all").ok()
    caisson.call("ps", "--all").ok()
    assert [(each["status"], each["cause"]) for each in log.events("end")] == [("lost", "monitor_died")]


def test_a_removed_task_leaves_its_end_in_the_log(caisson, policy, log):
    task = caisson.detach("probe", "exit", "6", policy=policy)
    assert host.until(lambda: host.read(caisson.state / "tasks" / task.id / "end")[:1] == b"C")
    caisson.call("prune", "--older-than", "0s").ok()
    assert [each["event"] for each in log.lines if task.id in json.dumps(each)] == ["start", "end", "act"]


# --- many at once, and no room


def test_eight_front_ends_at_once_make_one_chain(caisson, policy, log):
    caisson.run("probe", "exit", "0", policy=policy)

    def work(number):
        for _ in range(6):
            caisson.run("probe", "exit", "0", policy=policy).ok()
            caisson.run(f"nothing-{number}", policy=policy)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    log.check()
    assert log.findings() == []
    assert len(log.events("start")) == len(log.events("end")) == 49 and len(log.events("refusal")) == 48


@pytest.mark.claim("S-45")
def test_a_front_end_that_is_killed_anywhere_leaves_a_whole_log(caisson, policy, log):
    caisson.run("probe", "exit", "0", policy=policy)
    for number in range(60):
        child = caisson.start("probe", "exit", "0", policy=policy)
        time.sleep(0.0002 * number)
        child.kill()
        child.communicate()
    caisson.run("probe", "exit", "0", policy=policy).ok()
    assert host.until(lambda: caisson.call("ps", "--json").ok().text == "")
    assert log.findings() == []
    started, ended = [sorted(each["task"] for each in log.events(name)) for name in ("start", "end")]
    there = set(caisson.ids)
    # A start that was written has an end, once. Of a task that was never released there may be only the end.
    assert set(started) <= set(ended) and len(ended) == len(set(ended)) and set(ended) == there
    assert all(end["status"] == "lost" for end in log.events("end") if end["task"] not in started)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small file system")
@pytest.mark.claim("S-45")
def test_on_a_full_disk_nothing_is_started_that_can_not_be_written_down(caisson, policy, log):
    """The log alone is on a file system of two pages, one of which is the log's last."""
    caisson.run("probe", "exit", "0", policy=policy).ok()
    small = caisson.base / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "tmpfs", small], check=True)
    try:
        shutil.copy(log.path, small / "audit.log")
        subprocess.run(["mount", "--bind", small / "audit.log", log.path], check=True)
        fits = 0
        while (done := caisson.run("probe", "touch", str(caisson.workspace / f"ran-{fits}"), policy=policy)).code == 0:
            fits += 1
            assert fits < 50
        assert done.code == 125 and "audit log" in done.words and "ENOSPC" in done.words
        assert not (caisson.workspace / f"ran-{fits}").exists()
        assert log.findings() == [] and log.bytes.endswith(b"}\n")
        # A task that runs can be ended all the same, and goes on with the log when there is room.
        subprocess.run(["mount", "-o", "remount,size=64k", small], check=True)
        caisson.run("probe", "touch", str(caisson.workspace / "later"), policy=policy).ok()
        caisson.call("ps").ok()
        assert log.findings() == []
        assert sorted(each["task"] for each in log.events("start")) == sorted(each["task"] for each in log.events("end"))
        assert len(log.events("start")) == fits + 2
    finally:
        subprocess.run(["umount", "-l", log.path], check=False, capture_output=True)
        subprocess.run(["umount", "-l", small], check=True)


def test_a_log_that_can_not_be_written_keeps_nobody_from_ending_a_task(caisson, policy, log):
    task = caisson.detach("probe", "pause", policy=policy)
    shutil.move(log.path, caisson.base / "audit.log")
    log.path.mkdir()
    try:
        assert caisson.run("probe", "exit", "0", policy=policy).code == 125
        stopped = task.stop()
        assert stopped.code == 0 and "audit log" in stopped.words
        assert task.inspect()["status"] == "terminated"
    finally:
        log.path.rmdir()
        shutil.move(caisson.base / "audit.log", log.path)
    caisson.call("ps").ok()
    assert [each["cause"] for each in log.events("end")] == ["stop"] and log.findings() == []


# --- tampering, seen from the command line


@pytest.fixture
def written(caisson, policy, log):
    """A log of some lines, of which the ledger knows the last one."""
    for code in range(4):
        caisson.run("probe", "exit", str(code), policy=policy)
    caisson.call("audit", "checkpoint").ok()
    caisson.run("probe", "exit", "9", policy=policy)
    caisson.call("ps").ok()
    assert log.findings() == []
    return log


def change(log, edit):
    lines = log.bytes.splitlines(keepends=True)
    log.path.write_bytes(b"".join(edit(lines)))


@pytest.mark.parametrize("kind, edit", {
    "edited": ("edited", lambda lines: [line.replace(b'"exit_code":2', b'"exit_code":0') for line in lines]),
    "dropped": ("missing", lambda lines: lines[:5] + lines[6:]),
    "reordered": ("missing", lambda lines: lines[:3] + [lines[4], lines[3]] + lines[5:]),
    "inserted": ("order", lambda lines: lines[:3] + [lines[2]] + lines[3:]),
    "cut": ("truncated", lambda lines: lines[:-1]),
    "cut in a line": ("truncated", lambda lines: lines[:-1] + [lines[-1][:50]]),
    "no beginning": ("missing", lambda lines: lines[1:]),
}.values(), ids=["edited", "dropped", "reordered", "inserted", "cut", "cut in a line", "no beginning"])
def test_tampering_is_found(written, kind, edit):
    change(written, edit)
    assert kind in written.findings()


def test_a_cut_is_found_by_the_ledger_when_the_file_beside_it_fits(caisson, written):
    change(written, lambda lines: lines[:-2])
    (caisson.state / "audit.head").unlink()
    assert "truncated" in written.findings()
    # Going on with the log does not hide it.
    caisson.run("nothing", policy=caisson.policy("default"))
    caisson.call("ps").ok()
    assert "truncated" in written.findings()


def test_a_log_that_was_removed_is_missed(caisson, written):
    written.path.unlink()
    (caisson.state / "audit.head").unlink()
    assert written.findings() == ["truncated"]
    caisson.run("nothing", policy=caisson.policy("default"))
    assert "truncated" in written.findings()


def test_a_noted_hash_is_looked_for(written):
    head = json.loads(written.verify().out)["head"]
    assert written.findings("--head", head) == []
    assert written.findings("--head", "0" * 64) == ["truncated"]
    assert written.verify("--head", "short").code == 125


def test_a_chain_that_was_made_anew_is_not_signed_by_the_key(caisson, written, tmp_path):
    """Whoever may write the log can make the chain anew, and can't sign it without the key."""
    key = tmp_path / "host.pub"
    key.write_text(caisson.call("audit", "key").ok().text)
    before, made = "0" * 64, []
    for line in written.bytes.splitlines():
        line = re.sub(rb'"prev":"[0-9a-f]{64}"', b'"prev":"%s"' % before.encode(), line).replace(b'"exit_code":2', b'"exit_code":0')
        made.append(line + b"\n")
        before = hashlib.sha256(line).hexdigest()
    written.path.write_bytes(b"".join(made))
    head = (caisson.state / "audit.head").read_text().split()
    (caisson.state / "audit.head").write_text(" ".join([*head[:3], before, head[4]]) + "\n")
    (caisson.state / "ledger.sqlite").unlink()
    assert written.findings("--key", key) == ["signature"]


def test_a_write_that_was_cut_short_is_told_from_tampering(caisson, policy, written):
    with written.path.open("ab") as file:
        file.write(b'{"seq":14,"time":"2026')
    done = written.verify()
    assert done.code == 0 and any("not completed" in note["message"] for note in json.loads(done.out)["notes"])
    caisson.run("probe", "exit", "0", policy=policy).ok()
    assert written.findings() == [] and len(re.findall(rb'"event":"torn"', written.bytes)) == 1


def test_a_log_that_can_not_be_read_is_no_verdict(caisson, written):
    written.path.unlink()
    written.path.mkdir()
    try:
        assert written.verify().code == 125
    finally:
        written.path.rmdir()


def test_show_filters(caisson, written):
    task = written.events("start")[0]["task"]
    shown = [json.loads(line) for line in caisson.call("audit", "show", "--json", "--task", task[:8]).ok().text.splitlines()]
    assert [each["event"] for each in shown] == ["start", "end"]
    assert len(caisson.call("audit", "show", "--event", "end", "--tail", "2").ok().text.splitlines()) == 2
    assert caisson.call("audit", "show", "--since", "2999").ok().text == ""
    assert caisson.call("audit", "show", "--event", "nonsense").code == 125
