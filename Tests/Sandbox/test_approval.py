"""`commands.ask`: a person at the terminal approves one start, and the kernel's list has that program for that task alone."""
import json
import os
import signal

import pytest

import host
from terminal import Person

pytestmark = pytest.mark.claim("S-47")

QUESTION = r"\[y/N\] "


@pytest.fixture
def person(caisson):
    """Somebody who types `caisson run` at a terminal."""
    people = []

    def sits(policy, *argv, options=()):
        words = [caisson.program, *caisson.line(argv, policy, caisson.workspace, options)]
        people.append(Person(words, env=caisson.variables, cwd=caisson.workspace))
        return people[-1]

    yield sits
    for one in people:
        if one.child.poll() is None:
            one.child.kill()
        one.child.wait()
        os.close(one.terminal)
        os.close(one.other)


def asking(caisson, *ask, allow=("sh", "cat"), **more):
    return caisson.policy("asking", commands=caisson.allow(*allow) + f"\nask = {json.dumps(list(map(str, ask)))}", **more)


def ended(person):
    code = person.child.wait(60)
    person.look()
    return code


def lines(caisson, event):
    found = [json.loads(line) for line in (caisson.state / "audit.log").read_bytes().splitlines()]
    return [line for line in found if line["event"] == event]


@pytest.mark.clause("commands.ask")
@pytest.mark.control("commands.ask")
@pytest.mark.parametrize("answer,made", [("y", True), ("yes", True), ("n", False), ("", False), ("yes please", False)])
def test_an_answer_decides_over_one_start(caisson, person, answer, made):
    canary = caisson.workspace / "canary"
    one = person(asking(caisson, "touch canary"), "touch", "canary")
    one.sees(r"touch canary[\s\S]*program: /\S*touch[\s\S]*commands\.ask, \S+\.toml:\d+[\s\S]*" + QUESTION)
    assert not canary.exists()
    one.line(answer)
    assert (ended(one), canary.exists()) == ((0 if made else 126), made)
    assert lines(caisson, "approval")[-1]["answer"] == ("approved" if made else "declined")


def approved(person, policy, *argv):
    """A person who was asked about a command and said yes."""
    one = person(policy, *argv)
    one.sees(QUESTION)
    one.line("y")
    return one


def test_an_approval_holds_for_one_start(caisson, person):
    policy = asking(caisson, "touch canary")
    one = approved(person, policy, "touch", "canary")
    assert ended(one) == 0
    (caisson.workspace / "canary").unlink()
    assert caisson.run("touch", "canary", policy=policy).code == 126
    again = person(policy, "touch", "canary")
    again.sees(QUESTION)
    again.line("n")
    assert ended(again) == 126 and not (caisson.workspace / "canary").exists()


@pytest.mark.clause("commands.ask")
def test_the_approved_program_is_there_in_no_other_task(caisson, person):
    """While an approved one runs, a task that was not approved finds no such program, by any of its names."""
    policy = asking(caisson, "sleep")
    one = approved(person, policy, "sleep", "987")
    assert host.until(lambda: any(b"sleep\x00987" in host.command_line(pid) for pid in host.processes()), 30)
    attempt = "for way in sleep /bin/sleep /usr/bin/sleep; do $way 0 && echo $way >> canary; done; echo done > ran"
    other = caisson.run("sh", "-c", attempt, policy=policy)
    assert (caisson.workspace / "ran").exists() and not (caisson.workspace / "canary").exists(), other.words
    assert one.child.poll() is None
    one.type("\x03")
    assert ended(one) == -signal.SIGINT


@pytest.mark.clause("commands.ask")
def test_an_approved_task_has_that_program_more_and_nothing_else(caisson, person):
    """Two programs need approval: the one that was approved can't start the other."""
    policy = asking(caisson, "sh", "touch", allow=("cat",))
    script = "touch canary; cat /dev/null && echo done > ran"
    one = approved(person, policy, "sh", "-c", script)
    ended(one)
    assert (caisson.workspace / "ran").exists() and not (caisson.workspace / "canary").exists()
    control = caisson.run("sh", "-c", script, policy=asking(caisson, allow=("sh", "touch", "cat")))
    assert control.code == 0 and (caisson.workspace / "canary").exists()


@pytest.mark.clause("commands.ask")
@pytest.mark.parametrize("change", ["program", "policy"])
def test_what_changed_after_the_question_is_not_what_was_approved(caisson, person, change):
    """The answer is bound to what was shown: another file under the name, or another policy, is not started."""
    tools = caisson.base / "own"
    tools.mkdir()
    tool = tools / "tool"
    tool.write_bytes(b"#!/bin/sh\ntouch good\n")
    tool.chmod(0o755)
    policy = asking(caisson, tool, allow=("sh", "touch"), read=[tools], own=True)
    one = person(policy, tool)
    one.sees(QUESTION)
    if change == "program":
        (tools / "new").write_bytes(b"#!/bin/sh\ntouch evil\n")
        (tools / "new").chmod(0o755)
        (tools / "new").replace(tool)
    else:
        text = open(policy).read()
        open(policy, "w").write(text.replace('description = "', 'description = "Another: '))
    one.line("y")
    assert ended(one) == 126
    one.sees("not what was approved")
    assert os.listdir(caisson.workspace) == []
    again = person(policy, tool)
    again.sees(QUESTION)
    again.line("y")
    assert ended(again) == 0 and os.listdir(caisson.workspace) == [{"program": "evil", "policy": "good"}[change]]


@pytest.mark.clause("commands.ask")
def test_what_is_not_typed_at_the_question_is_no_answer(caisson, person):
    policy = asking(caisson, "touch canary")
    canary = caisson.workspace / "canary"
    piped = caisson.run("touch", "canary", policy=policy, input=b"y\ny\n")
    assert piped.code == 126 and "nobody can be asked" in piped.words and "elicitation" in piped.words
    for options in (["--json"], ["--detach"]):
        one = person(policy, "touch", "canary", options=options)
        one.line("y")
        assert ended(one) == 126 and b"[y/N]" not in one.seen
    early = person(policy, "touch", "canary")
    early.line("y")
    early.sees(QUESTION)
    early.line("")
    assert ended(early) == 126
    assert not canary.exists()


def test_the_question_can_t_be_dressed_up(caisson, person):
    """An argument can't write lines of its own into the question, and nothing of it is cut."""
    policy = asking(caisson, "touch")
    dressed = "canary\ncaisson: program: /usr/bin/true \x1b[2K\u202e"
    one = person(policy, "touch", dressed)
    shown = one.sees(r"[\s\S]*" + QUESTION)[0].decode()
    assert r'"canary\u{a}caisson: program: /usr/bin/true \u{1b}[2K\u{202e}"' in shown
    assert shown.count("program: /") == 2
    one.line("n")
    assert ended(one) == 126
    long = caisson.run("touch", "x" * 5000, policy=policy)
    assert long.code == 126 and "too long" in long.words


def test_question_and_answer_are_in_the_audit_log(caisson, person):
    policy = asking(caisson, "touch canary")
    one = approved(person, policy, "touch", "canary")
    assert ended(one) == 0
    answer = lines(caisson, "approval")[-1]
    start = lines(caisson, "start")[-1]
    assert (answer["answer"], answer["through"], answer["argv"]) == ("approved", "terminal", ["touch", "canary"])
    assert answer["by"] == f"cli:{os.getuid()}" and answer["file"] == policy and answer["rule"] == "commands.ask"
    assert start["approval"] == answer["approval"] and start["seq"] > answer["seq"]
    assert start["policy_digest"] == answer["policy_digest"]
    caisson.run("cat", "/dev/null", policy=policy).ok()
    assert "approval" not in lines(caisson, "start")[-1]
    caisson.call("audit", "verify").ok()
