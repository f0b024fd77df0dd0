"""The command list in the kernel: what is not allowed can't be started by anything that is, and not by the loader."""
import os
import re
import struct
from pathlib import Path

import pytest

REFUSED = {"ENOENT", "EACCES", "EPERM"}


@pytest.fixture
def shell(caisson):
    """A shell with what starts other programs, in a policy with no `id`."""
    return caisson.policy("list", commands=caisson.allow(
        "sh", "find", "xargs", "env", "nice", "nohup", "timeout", "cp", "cat", "echo", "chmod", "ln", "mv", "probe"))


@pytest.fixture
def loader():
    """The dynamic loader, as a program of the host names it."""
    return interpreter(Path("/usr/bin/env").read_bytes())


def interpreter(data):
    """PT_INTERP of a 64-bit ELF file, or None."""
    if data[:5] != b"\x7fELF\x02":
        return None
    table, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for place in range(table, table + size * count, size):
        kind, = struct.unpack_from("<I", data, place)
        offset, = struct.unpack_from("<Q", data, place + 8)
        length, = struct.unpack_from("<Q", data, place + 32)
        if kind == 3:
            return data[offset:offset + length].rstrip(b"\0").decode()
    return None


@pytest.mark.control("commands.allow")
def test_the_forbidden_program_runs_outside(shell):
    assert os.path.exists("/usr/bin/id") and os.popen("/usr/bin/id -u").read().strip() == str(os.getuid())


@pytest.mark.parametrize("line", [
    "id", "/usr/bin/id", "/bin/id", "exec id", "exec /usr/bin/id", "$(echo id)", "`echo id`", "i''d", "\\id", "'id'", "\"id\"",
    "/usr/bin/i?", "/usr/bin/../bin/id", "command id", "eval id", "a=id; $a", "echo | id", "true && id", "id &", "id\n",
    "cat <(id)", "env id", "env -i /usr/bin/id", "nice id", "nohup id", "timeout 5 id", "echo | xargs id",
    "find /etc/passwd -exec id {} \\;", "find /etc/passwd -execdir id {} +", "find /etc/passwd -ok id {} \\; < /dev/null",
    "ln -s /usr/bin/id ./cat2; ./cat2", "PATH=/usr/bin:/bin; id", "sh -c id", "sh -c 'sh -c \"exec id\"'", ". /usr/bin/id",
    "env -S 'id -u'",
], ids=lambda line: re.sub(r"\W+", "-", line)[:40])
@pytest.mark.clause("commands.allow")
@pytest.mark.claim("S-10")
def test_no_way_of_the_shell_starts_it(caisson, shell, line):
    """B1 to B6, B8, B14; 1.1: prefix allowlist; 1.3: #217, #218, #421, #422, #423, #497, #556."""
    ended = caisson.run("sh", "-c", line, policy=shell)
    assert b"uid=" not in ended.out + ended.err, ended.text
    assert not re.search(rb"(?m)^\d+$", ended.out)


def test_the_loader_starts_nothing_that_is_not_on_the_list(caisson, shell, loader):
    for line in (f"{loader} /usr/bin/id", f"{loader} --argv0 x /usr/bin/id", f"{loader} /bin/id -u",
                 f"find /etc/passwd -exec {loader} /usr/bin/id \\;", f"exec {loader} /usr/lib/git-core/git --version"):
        ended = caisson.run("sh", "-c", line, policy=shell)
        assert ended.out == b"" and b"No such file" in ended.err, line


def host_executables():
    """Every file below /usr that could be run: with permission to execute, and ELF or `#!`; or ELF with an interpreter."""
    for directory, _, names in os.walk("/usr"):
        for name in names:
            path = os.path.join(directory, name)
            try:
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read(4096)
                permitted = os.stat(path).st_mode & 0o111
            except OSError:
                continue
            if data[:2] == b"#!" and permitted:
                yield path
            elif data[:5] == b"\x7fELF\x02" and struct.unpack_from("<H", data, 16)[0] in (2, 3):
                if interpreter(data) or (permitted and ".so" not in name):
                    yield path


def is_library(path):
    """libc.so.6 and its like have an interpreter header and tell their version; they run nothing else."""
    return re.match(r"(lib|ld-|ld\.).*\.so", os.path.basename(path)) is not None


@pytest.mark.clause("commands.allow")
@pytest.mark.claim("S-10")
def test_the_loader_and_execve_reach_no_executable_of_the_host(caisson, loader):
    """Issue 2, point 5: the loader on every executable that the host has, with the smallest policy that has a loader."""
    everything = sorted(path for path in host_executables() if not is_library(path))
    assert len(everything) > 200
    policy = caisson.policy("smallest", commands=caisson.allow("true", "probe"))
    paths = "\n".join([*everything, "/bin/id", "/sbin/ldconfig", ""]).encode()
    ended = caisson.run("probe", "reach", loader, policy=policy, input=paths, timeout=120)
    lines = ended.text.splitlines()
    assert lines[-1] == "done", ended.words
    true = os.path.realpath("/usr/bin/true")
    reached = {line for line in lines[:-1] if re.match(r"(EXECUTED|LOADED|open) ", line) and line.split(" ", 1)[1] != true}
    assert reached == set(), f"{len(reached)} of {len(everything)}: {sorted(reached)[:20]}"
    assert f"EXECUTED {true}" in lines and f"LOADED {true}" in lines, "the control: what is on the list can be reached"
    codes = {line.split(" ")[0].rpartition("-")[2] for line in lines[:-1] if line.startswith(("execve-", "open-"))}
    assert codes <= REFUSED


def test_the_default_policy_reaches_only_its_own_list(caisson, loader):
    """The same for the policy that most people have, by the programs that it allows."""
    ended = caisson.run("find", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "-type", "f", "-perm", "/111", policy="default")
    shown = {os.path.basename(path) for path in ended.ok().text.split()}
    allowed = {"ls", "dir", "pwd", "echo", "date", "cat", "head", "tail", "less", "more", "grep", "find", "git", "node", "nodejs", "npm",
               "ps", "top", "htop", "free", "df", "env", "sh", "dash", "bash", "npm-cli.js"}
    assert shown <= allowed, shown - allowed
    assert {"ls", "cat", "find"} <= shown


@pytest.mark.clause("files.execute")
@pytest.mark.claim("S-10")
def test_a_copy_can_not_be_executed_or_mapped(caisson, policy):
    """DESIGN, Traps: writable places are noexec, which stops mapping them executable, too; memfd_create is refused."""
    places = [str(caisson.workspace), "/tmp", "/dev/shm", "/home/task"]
    control = caisson.base / "control"
    control.mkdir()
    outside = caisson.outside("copies", control).results
    assert {outside[f"{control} {way}"] for way in ("execve", "execveat", "proc-fd")} == {"RAN"}
    assert outside[f"{control} mmap"] == "ok" == outside[f"{control} mprotect"] and outside["memfd execveat"] == "RAN"
    results = caisson.run("probe", "copies", *places, policy=policy).results
    for place in places:
        assert results[f"{place} copy"] == "ok"
        for way in ("execve", "execveat", "proc-fd", "mmap", "mprotect"):
            assert results[f"{place} {way}"] in REFUSED, (place, way, results)
    assert results["memfd memfd_create"] == "EPERM"


@pytest.mark.clause("files.execute")
@pytest.mark.control("files.execute")
def test_a_build_may_execute_what_it_made_in_the_workspace_and_nowhere_else(caisson):
    policy = caisson.policy("execute", files='execute = ["{workspace}"]', relax={
        "files.execute": "a build", "files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x"})
    results = caisson.run("probe", "copies", str(caisson.workspace), "/tmp", "/home/task", policy=policy).results
    assert results[f"{caisson.workspace} execve"] == "RAN", results
    for place in ("/tmp", "/home/task"):
        assert {results[f"{place} {way}"] for way in ("execve", "execveat", "mmap")} <= REFUSED


def test_the_policy_build_compiles_and_runs(caisson):
    (caisson.workspace / "hello.c").write_text('#include <stdio.h>\nint main(void) { puts("built"); }\n')
    (caisson.workspace / "Makefile").write_text("hello: hello.c\n\tgcc -o $@ $<\nrun: hello\n\t./hello\n")
    assert caisson.run("make", "-s", "run", policy="build").ok().text == "built\n"
    ended = caisson.run("sh", "-c", "cp hello /tmp/hello && /tmp/hello; cp hello ~ && ~/hello", policy="build")
    assert ended.out == b"" and ended.code != 0
    assert caisson.run("sh", "-c", "su -c id; exec /usr/bin/su", policy="build").out == b""


def test_a_program_in_the_workspace_is_refused(caisson, shell):
    """B6: ./git and /tmp/git; 1.3 basename trust."""
    for name in ("git", "cat", "sh"):
        target = caisson.workspace / name
        target.write_text("#!/bin/sh\necho planted\n")
        target.chmod(0o755)
        for spelling in (f"./{name}", str(target), f"{caisson.workspace}/../workspace/{name}"):
            ended = caisson.run(spelling, policy=shell)
            assert ended.code == 126 and ended.out == b"", spelling
    assert caisson.run("cat", "git", policy=shell).text.startswith("#!"), "the one of the list runs, not the planted one"
    ended = caisson.run("sh", "-c", "PATH=$PWD:$PATH; git; ./git", policy=shell)
    assert b"planted" not in ended.out


def test_the_kernel_s_refusal_is_explained(caisson, shell):
    ended = caisson.run("sh", "-c", "id", policy=shell, options=["--json"])
    assert ended.code == 127 and ended.view["status"] == "exited"
    assert "id" in ended.view["reason"] and ended.view.get("inferred"), ended.view


@pytest.mark.parametrize("argv", [
    ["find", ".", "-exec", "id", ";"], ["find", ".", "-delete"], ["find", ".", "-fprintf", "x", "y"], ["git", "-c", "core.pager=sh", "log"],
    ["git", "--exec-path=.", "status"], ["git", "diff", "--ext-diff"], ["git", "log", "--output=x"], ["git", "push"], ["git"], ["npm", "install"],
    ["rm", "-rf", "."], ["sh", "-c", "ls"], ["lsof"], ["ls;id"], ["less", "+!id", "x"], ["git", "status; id"], ["python3"], ["bash"],
], ids=" ".join)
def test_the_default_policy_refuses(caisson, argv):
    """B9, B10; 1.1: `lsof` passed because it begins with `ls`."""
    before, tree = caisson.ids, sorted(os.listdir(caisson.workspace))
    ended = caisson.run(*argv, policy="default")
    if argv == ["git", "status; id"]:
        assert ended.code == 126
    assert ended.code in (126, 127) and ended.out == b"", ended.words
    assert len(caisson.ids) == len(before) or all((caisson.state / "tasks" / id / "end").exists() for id in caisson.ids)
    assert sorted(os.listdir(caisson.workspace)) == tree


def test_arguments_are_passed_as_they_are(caisson, policy):
    """B1, B19: shell syntax is plain text; empty, long and non-UTF-8 arguments arrive."""
    words = ["", "; id", "$(id)", "`id`", "a\nb", "&& id", "*", "'\"", "x" * 100_000, "äöü€😀", "--"]
    ended = caisson.run("probe", "arguments", *words, policy=policy)
    assert ended.out.split(b"\0")[:-1] == [os.fsencode(word) for word in words]


def test_what_is_not_utf_8_is_refused_and_not_changed(caisson, policy):
    """B19, C7: a name that is replaced by another one would be another name."""
    for words in (["probe", "arguments", os.fsdecode(b"\xff\xfe")], [os.fsdecode(b"\xff")]):
        ended = caisson.run(*words, policy=policy)
        assert ended.code == 125 and ended.out == b"" and "UTF-8" in ended.words


def test_too_many_arguments_is_an_error_with_a_word(caisson, policy):
    ended = caisson.run("probe", "arguments", *["x" * 100_000] * 18, policy=policy)
    assert ended.code in (0, 125, 126) and (ended.code == 0 or ended.words)


@pytest.mark.clause("commands.rule")
@pytest.mark.claim("S-11")
def test_a_pinned_program(caisson):
    """B7: a digest in the policy."""
    import hashlib
    digest = hashlib.sha256(Path(caisson.probe).read_bytes()).hexdigest()
    rule = '[[commands.rule]]\nprogram = "{}"\nsha256 = "{}"\nreason = "pinned"'
    good = caisson.policy("pinned", rules=rule.format(caisson.probe, digest))
    assert caisson.run("probe", "exit", "3", policy=good).code == 3
    bad = caisson.policy("other-pin", rules=rule.format(caisson.probe, "0" * 64))
    ended = caisson.run("probe", "exit", "3", policy=bad)
    assert ended.code == 126 and digest in ended.words
