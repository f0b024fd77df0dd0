"""Tasks on a terminal of the sandbox's own, and people at theirs. Asserted on screens, on the host's terminals, and on /proc."""
import fcntl
import os
import pty
import random
import signal
import termios
import time
from pathlib import Path

import pytest

import host
from terminal import Person, shell

PROGRAMS = ("sh", "bash", "tty", "stty", "ls", "cat", "sleep", "head", "od", "python3", "mknod", "id", "env", "probe", "vim", "vim.tiny")
DETACH = b"\x1d\x1d\x1d"


@pytest.fixture
def policy(caisson):
    return caisson.policy("terminal", commands="allow_all = true", relax={
        "commands.allow_all": "the tests look at terminals", "files.root_workspace": "root",
        "require.degrade.cgroup": "x", "require.degrade.groups": "x"})


@pytest.fixture
def people(caisson):
    """Starts people, who are gone at the end of the test."""
    started = []

    def start(words=None, **size):
        started.append(Person(words, cwd=caisson.base, env=caisson.variables | {"TERM": "xterm"}, **size) if words else shell(caisson, **size))
        return started[-1]
    yield start
    for person in started:
        person.leave()


def run(caisson, policy, *argv, options=()):
    """The words of `caisson run --tty`."""
    return [caisson.program, *caisson.line(argv, policy, caisson.workspace, ["--tty", *options])]


def typed(caisson, policy, script):
    """The same as one types it."""
    return f"$caisson run --tty --policy {policy} --workspace {caisson.workspace} -- {script}"


def attach(caisson, task, *options):
    return [caisson.program, "attach", *options, task.id]


def front_end(person, caisson, verb):
    """The program that the person's shell runs; the one that watches over the settings has a session of its own."""
    front, = [pid for pid in host.having(caisson.program, verb) if host.session(pid)["session"] == person.child.pid]
    return front


def detached(caisson, policy, *argv):
    return caisson.detach(*argv, policy=policy, options=["--tty"])


# --- what the task has

@pytest.mark.clause("terminal")
@pytest.mark.claim("S-15")
def test_a_task_has_a_terminal_of_its_own(caisson, policy, people):
    before = caisson.ids
    person = people(run(caisson, policy, "sh", "-c", "tty; ls /dev/pts; read line; echo got $line >/dev/tty"))
    person.sees("/dev/pts/0\r\n0  ?ptmx\r\n")
    task = caisson.newest(before)
    session = host.session(task.pid)
    assert session["session"] == session["group"] == task.pid and session["terminal"] != 0, "it leads its session, which the terminal controls"
    ours = os.fstat(person.other)
    for number in (0, 1, 2):
        theirs = os.stat(f"/proc/{task.pid}/fd/{number}")
        assert os.major(theirs.st_rdev) == os.major(ours.st_rdev), "a pseudo terminal"
        assert theirs.st_dev != ours.st_dev, "and of another instance than the caller's"
    person.line("word")
    person.sees("word\r\ngot word\r\n")
    assert person.child.wait(20) == 0
    assert b"got word\r\n" in task.logs(), "the record has what was on it"


def test_the_receipt_shows_it(caisson, policy):
    task = detached(caisson, policy, "sleep", "60")
    lines = {(line["subject"], line["field"]): line for line in task.inspect()["receipt"]["lines"]}
    assert lines["task", "terminal"]["observed"] == "0 1 2"
    assert lines["task", "session"]["observed"].split()[2] != "0"
    assert lines["task", "mount./dev/pts"]["observed"] == "nosuid,noexec"
    for option in ("mode=620", "ptmxmode=666", "max=64"):
        assert any(line["field"] == "option./dev/pts" and line["observed"] == option for line in task.inspect()["receipt"]["lines"])
    assert all(line["agrees"] for line in lines.values())
    assert task.inspect()["plan"]["terminal"] is True
    assert "streams     a terminal of its own\n" in caisson.call("inspect", task.id).ok().text


def test_without_one_there_is_none(caisson, policy):
    ended = caisson.run("sh", "-c", "tty; : </dev/tty", policy=policy)
    assert ended.text == "not a tty\n" and "No such device or address" in ended.words
    lines = {line["field"]: line["observed"] for line in caisson.detach("sleep", "60", policy=policy).inspect()["receipt"]["lines"]}
    assert "terminal" not in lines and lines["session"].split()[2] == "0"


def test_its_size_is_the_caller_s_and_follows_it(caisson, policy, people):
    # No shell: one whose child ends at the moment of Ctrl-C takes that for the child's.
    program = (
        "import os, signal\ndef say(*_): print(os.get_terminal_size(0).lines, os.get_terminal_size(0).columns, flush=True)\n"
        "signal.signal(signal.SIGWINCH, say); say(); print('ready', flush=True)\nwhile True: signal.pause()\n")
    person = people(run(caisson, policy, "python3", "-c", program), rows=41, columns=137)
    person.sees("41 137\r\nready")
    person.resize(20, 60)
    person.sees("20 60\r\n")
    person.type("\x03")
    assert person.child.wait(20) == 130


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x1c", 131)])
def test_keys_are_signals_of_its_foreground(caisson, policy, people, key, code):
    person = people(run(caisson, policy, "sh", "-c", "echo ready; exec sleep 60"))
    person.sees("ready")
    person.type(key)
    assert person.child.wait(20) == code, "and the front end is not ended by them, but ends as the task did"


def test_job_control_inside(caisson, policy, people):
    """Ctrl-Z stops the inner job and nothing else; `fg` goes on with it."""
    person = people(run(caisson, policy, "bash", "--norc", "--noprofile", "--noediting", "-i"))
    person.sees(r"\$ ")
    person.line("sleep 60")
    person.sees("sleep 60\r\n")
    assert host.until(lambda: host.having("sleep", "60"))
    time.sleep(0.2)
    person.type("\x1a")
    person.sees(r"Stopped +sleep 60")
    sleeper, = host.having("sleep", "60")
    assert host.status(sleeper)["State"].startswith("T") and not host.status(person.child.pid)["State"].startswith("T")
    person.line("fg")
    assert host.until(lambda: host.status(sleeper)["State"].startswith("S"))
    person.type("\x03")
    assert host.until(lambda: not host.having("sleep", "60"))
    person.line("exit 7")
    assert person.child.wait(20) == 7


def test_a_signal_to_the_front_end_is_for_the_foreground(caisson, policy, people):
    """As Ctrl-C is: for the job, which has a process group of its own, and not for the shell."""
    person = people(run(caisson, policy, "bash", "--norc", "--noprofile", "--noediting", "-i"))
    person.sees(r"\$ ")
    person.line("sleep 61")
    assert host.until(lambda: host.having("sleep", "61"))
    time.sleep(0.2)
    person.child.send_signal(signal.SIGINT)
    assert host.until(lambda: not host.having("sleep", "61"))
    person.sees(r"\$ ")
    person.line("echo code $?")
    person.sees("\r\ncode 130\r\n")
    person.line("exit")
    assert person.child.wait(20) == 0


def test_every_byte_passes_in_raw_mode(caisson, policy, people):
    """As an editor has it: no key but the one to detach means anything on the way, in no direction."""
    program = (
        "import os, sys, termios, tty, hashlib\n"
        "tty.setraw(0); os.write(1, b'ready')\n"
        "data = b''\n"
        "while len(data) < 65536: data += os.read(0, 65536)\n"
        "os.write(1, hashlib.sha256(data).hexdigest().encode()); rest = bytes(range(256)) * 64\n"
        "while rest: rest = rest[os.write(1, rest):]\n"
        "os.write(1, b'end')\n")
    person = people(run(caisson, policy, "python3", "-c", program))
    person.sees("ready")
    import hashlib
    data = bytes(byte for byte in range(256) if byte != 0x1d) * 258
    data = data[:65536]
    person.type(data)
    person.sees(hashlib.sha256(data).hexdigest())
    everything = person.sees(b"(?s)(.*)end").group(1)
    assert everything == bytes(range(256)) * 64
    assert person.child.wait(20) == 0


def test_a_terminal_that_nobody_has_open_can_be_opened_again(caisson, policy):
    """A shell that closes its streams and comes back by /dev/tty: neither is it hung up nor does the record end."""
    task = detached(caisson, policy, "sh", "-c", "echo one; exec <&- >&- 2>&-; sleep 0.5; echo two >/dev/tty; sleep 0.2; echo three >/dev/tty")
    assert task.wait().code == 0
    assert task.logs() == b"one\r\ntwo\r\nthree\r\n"


def test_the_last_words_are_recorded(caisson, policy):
    """What was written right before the end comes before it."""
    for _ in range(10):
        task = detached(caisson, policy, "sh", "-c", "echo " + "x" * 3000)
        task.wait()
        assert task.logs() == b"x" * 3000 + b"\r\n"


def test_much_output_is_whole(caisson, policy, people):
    person = people(["sh", "-c", 'exec "$@" >out', "sh", *run(caisson, policy, "python3", "-c", "for i in range(100000): print(i)")])
    assert person.child.wait(60) == 0
    wanted = b"".join(b"%d\r\n" % number for number in range(100000))
    assert (caisson.base / "out").read_bytes() == wanted


def test_an_editor_can_be_used(caisson, policy, people):
    vi = next((path for path in ("/usr/bin/vim.tiny", "/usr/bin/vim", "/usr/bin/vi") if os.path.exists(path)), None)
    if vi is None:
        pytest.skip("there is no vi here")
    person = people(run(caisson, policy, vi, "file"))
    person.look(1)
    person.type("ihello\x1b:wq\r")
    assert person.child.wait(20) == 0
    assert (caisson.workspace / "file").read_text() == "hello\n"


def test_the_number_of_terminals_is_bounded(caisson, policy):
    """Inside; the host can still make some."""
    program = (
        "import os\nkept = []\n"
        "try:\n  while True: kept.append(os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY))\n"
        "except OSError as error: print(len(kept), error.errno)\n")
    ended = caisson.run("python3", "-c", program, policy=policy)
    count, number = map(int, ended.text.split())
    assert count == 64 and number == 28, ended.text
    for descriptor in pty.openpty():
        os.close(descriptor)


# --- walls

@pytest.mark.clause("terminal")
@pytest.mark.claim("S-41")
def test_two_tasks_do_not_see_each_other_s_terminals(caisson, policy):
    """Both are /dev/pts/0, and neither is the other's, nor any of the host's."""
    quiet = detached(caisson, policy, "sh", "-c", "tty; exec cat")
    quiet.says("/dev/pts/0")
    loud = detached(caisson, policy, "sh", "-c", "tty; for n in $(ls /dev/pts); do echo canary >/dev/pts/$n; done; ls /dev/pts; sleep 1")
    loud.says("ptmx")
    assert b"canary" in loud.logs() and loud.logs().startswith(b"/dev/pts/0")
    time.sleep(0.3)
    assert b"canary" not in quiet.logs()


@pytest.mark.clause("terminal")
@pytest.mark.claim("S-41")
def test_no_terminal_of_the_host_can_be_opened(caisson, policy, people):
    """Not by its number, not by a node, not as the controlling one, with a terminal or without."""
    victim = people(["sleep", "600"])
    number = os.minor(os.fstat(victim.other).st_rdev)
    attempt = (
        f"echo canary >/dev/pts/{number}; mknod node c 136 {number}; echo canary >node; mknod tty c 5 0; echo canary >tty;"
        "for fd in /proc/[0-9]*/fd/*; do [ -t 0 ] <$fd 2>/dev/null && echo canary >$fd; done; echo canary >/dev/console; echo tried")
    for options in (["--tty"], []):
        ended = caisson.run("sh", "-c", attempt, policy=policy, options=options)
        assert "tried" in ended.text
    victim.look(0.3)
    assert b"canary" not in victim.seen
    os.write(victim.other, b"control")
    victim.sees("control")


@pytest.mark.clause("terminal")
@pytest.mark.control("terminal")
@pytest.mark.claim("S-41")
def test_nothing_can_be_typed_into_the_caller_s_terminal(caisson, policy, people):
    """G3: TIOCSTI and TIOCLINUX, on every descriptor and on /dev/tty, with high bits too: the shell of the host gets nothing."""
    program = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "tty = os.open('/dev/tty', os.O_RDWR)\n"
        "for fd in (0, 1, 2, tty):\n"
        "  for letter in 'touch typed\\n':\n"
        "    for high in (0, 0xabcdef01 << 32):\n"
        "      code = libc.syscall(16, fd, ctypes.c_ulong(high | 0x5412), ctypes.c_char_p(letter.encode()))\n"
        "      assert code == -1 and ctypes.get_errno() == 1, (fd, ctypes.get_errno())\n"
        "  libc.syscall(16, fd, ctypes.c_ulong(0x541c), ctypes.c_char_p(b'\\x0e'))\n"
        "  assert ctypes.get_errno() == 1\n"
        "print('tried')\n")
    (caisson.workspace / "type.py").write_text(program)
    person = people()
    person.line(typed(caisson, policy, "python3 type.py"))
    person.sees("tried")
    person.sees("host> ")
    person.look(0.5)
    assert b"touch" not in person.seen and not list(caisson.base.rglob("typed"))
    legacy = Path("/proc/sys/dev/tty/legacy_tiocsti")
    if host.EFFECTIVE_ROOT or not legacy.exists() or legacy.read_text().strip() == "1":
        person.line("""python3 -c "import fcntl, termios; [fcntl.ioctl(0, termios.TIOCSTI, bytes([byte])) for byte in b'touch control\\n']" """)
        assert host.until((caisson.base / "control").exists), "the control: outside, it is the shell's next command"


@pytest.mark.claim("S-42")
def test_what_a_terminal_answers_is_not_typed_into_the_shell(caisson, policy, people):
    """A program asks for the cursor's place and ends; the answer comes late, and would be the next command line."""
    person = people()
    person.line(typed(caisson, policy, "sh -c 'printf \"\\033[6n\"; echo asked; sleep 0.4'"))
    person.sees("asked")
    time.sleep(0.2)
    person.type("\x1b[24;80R")
    person.sees("host> ")
    person.line("echo $((40+2))")
    assert b"80R" not in person.sees("\r\n42\r\n").group() and b"not found" not in person.seen


# --- the caller's terminal

def code(person, text="exit code"):
    person.line('echo "exit code $?"')
    return int(person.sees(r"exit code (\d+)\r\n").group(1))


@pytest.mark.parametrize("script", ["sh -c 'exit 3'", "no-such-program", "sh -c 'kill -KILL $$'"])
def test_its_settings_are_as_before_after_an_end(caisson, policy, people, script):
    person = people()
    before = person.settings()
    person.line(typed(caisson, policy, script))
    person.sees("host> ")
    assert person.settings() == before
    assert code(person) == {"s": 3, "n": 127}.get(script[0]) or "KILL" in script


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL, signal.SIGHUP])
@pytest.mark.claim("S-42")
def test_its_settings_are_as_before_after_a_signal(caisson, policy, people, number):
    person = people()
    before = person.settings()
    person.line(typed(caisson, policy, "sh -c 'echo ready; exec sleep 600'"))
    person.sees("ready")
    assert host.until(person.is_raw)
    os.kill(front_end(person, caisson, "run"), number)
    person.sees("host> ")
    assert host.until(lambda: person.settings() == before)
    assert host.until(lambda: not host.having(caisson.program, "run")), "nobody watches over settings any more"
    left = caisson.running()
    assert len(left) == (number == signal.SIGKILL), "a signal is the task's, but nothing is if the front end can't tell"


def test_stop_and_continue_of_the_front_end(caisson, policy, people):
    """SIGTSTP from outside, `fg` of the host's shell: settings and size are those of the moment. The task goes on meanwhile."""
    person = people()
    before = person.settings()
    person.line(typed(caisson, policy, "bash -c 'echo ready; while read line; do stty size; echo $line; done'"))
    person.sees("ready")
    os.kill(front_end(person, caisson, "run"), signal.SIGTSTP)
    person.sees("Stopped")
    person.sees("host> ")
    assert person.settings() == before
    person.resize(33, 77)
    person.line("fg")
    assert host.until(person.is_raw)
    time.sleep(0.2)
    person.line("again")
    person.sees("33 77\r\nagain\r\n")
    person.type("\x04")
    person.sees("host> ")
    assert person.settings() == before


def test_the_key_detaches_and_attach_comes_back(caisson, policy, people):
    before = caisson.ids
    person = people()
    settings = person.settings()
    person.line(typed(caisson, policy, "bash -c 'echo ready; while read line; do echo got $line; [ $line = end ] && exit 9; done'"))
    person.sees("ready")
    task = caisson.newest(before)
    person.type(DETACH)
    person.sees("runs on")
    person.sees("host> ")
    assert person.settings() == settings and code(person) == 0 and task.inspect()["status"] == "running"
    person.line(f"$caisson attach {task.id}")
    person.sees("attached to task")
    assert host.until(person.is_raw)
    person.line("one")
    person.sees("got one")
    person.type(DETACH)
    person.sees("host> ")
    assert person.settings() == settings
    person.line(f"$caisson attach --tail 1 {task.id}")
    person.sees("got one")
    person.line("end")
    person.sees("got end")
    person.sees("host> ")
    assert code(person) == 9 and person.settings() == settings


def test_two_of_the_keys_are_the_task_s(caisson, policy, people):
    person = people(run(caisson, policy, "sh", "-c", "stty raw -echo; echo ready; head -c 4 | od -An -tx1; sleep 1"))
    person.sees("ready")
    person.type(b"\x1d\x1da")
    person.type(b"\x1d")
    person.sees("1d 1d 61 1d")


def test_a_killed_front_end_leaves_the_task_to_whoever_comes(caisson, policy, people):
    before = caisson.ids
    person = people(run(caisson, policy, "bash", "-c", "echo ready; while read line; do echo got $line; done"))
    person.sees("ready")
    task = caisson.newest(before)
    person.child.kill()
    person.child.wait()
    person.hang_up()
    time.sleep(0.3)
    assert task.inspect()["status"] == "running" and host.status(task.pid)
    other = people(attach(caisson, task))
    other.sees("attached")
    other.line("still there")
    other.sees("got still there")


# --- attach

@pytest.fixture
def echo(caisson, policy):
    """A task that answers every line."""
    task = detached(caisson, policy, "bash", "-c", "stty -echo; echo ready; while read line; do echo got $line; done")
    return task.says("ready")


def test_several_are_attached_at_once(caisson, echo, people):
    first, second = people(attach(caisson, echo)), people(attach(caisson, echo))
    for person in (first, second):
        person.sees("attached")
        assert host.until(person.is_raw)
    first.line("one")
    first.sees("got one"), second.sees("got one")
    second.line("two")
    first.sees("got two"), second.sees("got two")
    first.type(DETACH)
    assert first.child.wait(20) == 0
    second.line("three")
    second.sees("got three")
    echo.stop().ok()
    assert second.child.wait(20) in (137, 143)


def test_a_window_that_is_closed_detaches(caisson, echo, people):
    person = people(attach(caisson, echo))
    person.sees("attached")
    person.hang_up()
    assert person.child.wait(20) is not None
    time.sleep(0.2)
    assert echo.inspect()["status"] == "running"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.claim("S-42")
def test_a_signal_to_attach_detaches(caisson, echo, people, number):
    person = people()
    before = person.settings()
    person.line(f"$caisson attach {echo.id}")
    person.sees("attached")
    assert host.until(person.is_raw)
    os.kill(front_end(person, caisson, "attach"), number)
    person.sees("host> ")
    assert host.until(lambda: person.settings() == before)
    assert echo.inspect()["status"] == "running"


@pytest.mark.claim("S-43")
def test_a_slow_reader_does_not_hold_the_task(caisson, policy, people):
    """Neither one that is stopped nor one whose terminal nobody reads."""
    task = detached(caisson, policy, "sh", "-c", "read go; seq 300000; echo done >/dev/tty")
    slow, stopped = people(attach(caisson, task)), people(attach(caisson, task))
    slow.sees("attached"), stopped.sees("attached")
    stopped.child.send_signal(signal.SIGSTOP)
    caisson.call("attach", task.id, input=b"\n", timeout=60)
    assert task.wait().code == 0
    assert task.logs().endswith(b"done\r\n")
    stopped.child.send_signal(signal.SIGCONT)
    stopped.sees(b"300000\r\ndone"), slow.sees(b"300000\r\ndone")


def test_what_was_not_kept_is_counted(caisson, people):
    policy = caisson.policy("small", commands="allow_all = true", limits='output = "64 KiB"', relax={
        "commands.allow_all": "a test", "files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x"})
    task = detached(caisson, policy, "sh", "-c", "read go; seq 100000")
    person = people(attach(caisson, task))
    person.sees("attached")
    person.child.send_signal(signal.SIGSTOP)
    caisson.call("attach", task.id, input=b"\n")
    task.wait()
    person.child.send_signal(signal.SIGCONT)
    person.sees(r"\d+ bytes came faster than they were read")


def test_front_ends_that_are_killed_at_any_moment_cost_nothing(caisson, policy, people):
    """The one that started the task and those that are attached, at random moments: the task, its record and the others go on."""
    chance = random.Random(7)
    program = "stty -echo; echo ready; n=0; while read line; do n=$((n+1)); echo $n; [ $line = end ] && exit 0; done"
    for _ in range(8):
        before = caisson.ids
        persons = [people(run(caisson, policy, "bash", "-c", program))]
        persons[0].sees("ready")
        task = caisson.newest(before)
        persons += [people(attach(caisson, task)) for _ in range(3)]
        for person in persons:
            assert host.until(person.is_raw)
        left = list(persons)
        while len(left) > 1:
            for person in left:
                person.type("line\r")
            time.sleep(chance.random() / 20)
            left.pop(chance.randrange(len(left))).child.kill()
        left[0].line("end")
        ended = left[0].child.wait(20)
        left[0].look(0.2)
        assert ended == 0, left[0].seen
        lines = [int(word) for word in task.logs().split() if word.isdigit()]
        assert lines == list(range(1, len(lines) + 1)) and len(lines) >= 1, "every line that was taken is answered once, in order"
        assert task.inspect()["status"] == "exited"
    assert host.until(lambda: not host.having(caisson.program, "run") and not host.having(caisson.program, "attach"))


def test_a_program_draws_anew_for_whoever_comes(caisson, policy, people):
    task = detached(caisson, policy, "bash", "-c", 'trap "echo drawn; stty size" WINCH; echo ready; while :; do sleep 0.1; done')
    task.says("ready")
    for _ in range(2):
        person = people(attach(caisson, task), rows=22, columns=66)
        person.sees("drawn\r\n22 66")
        person.leave()
    prompt = detached(caisson, policy, "bash", "--norc", "--noprofile", "-i").says("$ ")
    people(attach(caisson, prompt)).sees(r"attached(?s:.*)\$ ")


def test_a_terminal_without_a_person(caisson, policy):
    """Standard input is no terminal: the task has one all the same, and the end of the input is its key."""
    ended = caisson.run("sh", "-c", "tty; cat; stty size", policy=policy, options=["--tty"], input=b"word\n")
    assert ended.code == 0 and ended.out.endswith(b"word\r\n24 80\r\n")
    assert b"/dev/pts/0" in ended.out and ended.out.count(b"word") == 2, "echoed and answered"


def test_a_name_for_the_kind_of_terminal(caisson, policy):
    assert caisson.run("env", policy=policy, options=["--tty"]).text.count("TERM=xterm\r\n") == 1
    assert "TERM=" not in caisson.run("env", policy=policy).text


def test_attach_to_what_has_ended(caisson, policy):
    task = detached(caisson, policy, "sh", "-c", "exit 0")
    task.wait()
    ended = caisson.call("attach", task.id)
    assert ended.code == 125 and "has ended" in ended.words and "logs" in ended.words
