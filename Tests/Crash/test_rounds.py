"""Promise 4, and 3 with it: front ends, monitors, inits and the ledger are taken away at random moments, several at once."""
import os
import time

import host
from caisson import Caisson
from crowd import Crowd, lines

# Whoever kills the sandbox's init kills the task with it, and the monitor sees it.
ENDS = {"exited": "exit", "signaled": "signal", "lost": "monitor_died", "failed_to_start": "launch"}


AUDIT = {"audit.log", "audit.head", "audit.key"}


def test_nothing_is_lost_and_nothing_is_left(caisson, dice, is_over, request):
    """After each round, what a surviving monitor took is there in order, every end is known, and nothing is left over."""
    policy = caisson.policy("crash", files='view = "empty"')
    caisson.run("probe", "exit", "0", policy=policy).ok()
    rounds = 0
    seen = {"tasks": 0, "whole": 0, "lost": 0, "never": 0}
    for number in range(request.config.getoption("rounds")):
        if is_over():
            break
        rounds += 1
        crowd = Crowd(caisson, policy, dice, f"crash{number}")
        play(crowd, dice)
        judge(crowd, seen)
        if number % 20 == 19:
            sweep(caisson)
            print(f"{rounds} rounds: {seen}", flush=True)
    sweep(caisson)
    print(f"{rounds} rounds: {seen}", flush=True)
    # Whoever was killed while writing has left a torn line at most, which the next one closed.
    caisson.call("audit", "verify").ok()
    # The control: that much happened, and not always the same.
    assert rounds and seen["whole"] >= rounds // 4 and seen["lost"] >= rounds // 25, seen


def play(crowd, dice):
    crowd.harmed_ids = set()
    for _ in range(dice.randint(1, 3)):
        crowd.start()
        if dice.random() < 0.5:
            time.sleep(dice.random() * 0.03)
    for _ in range(dice.randint(0, 3)):
        time.sleep(dice.random() * dice.choice([0.002, 0.02, 0.06]))
        crowd.harm()
    crowd.settle()


def judge(crowd, seen):
    views = crowd.listed()
    # Each of these may have been the task of a launch that was given up.
    gone = len(crowd.harmed_ids - {view["task_id"] for view in views.values()})
    for member in crowd.members:
        view = views.get(member.word)
        if view is None:
            if "front" not in member.harmed:
                assert gone > 0 and gave_up(member), f"{member.word}: nobody knows of it: {member.words}"
                gone -= 1
            seen["never"] += 1
            continue
        seen["tasks"] += 1
        judge_end(crowd, member, view, view["task_id"] in crowd.harmed_ids, seen)
    assert not host.until(lambda: [word for member in crowd.members for word in host.having(member.word)], 0)


def gave_up(member):
    """Whether its airlock was killed while it was handed over: the front end gives up the launch, and says so to whoever asked."""
    return member.front.returncode == 125 and "caisson: the airlock: " in member.words


def judge_end(crowd, member, view, harmed, seen):
    id, cause = view["task_id"], view["end"]["cause"]
    assert ENDS.get(view["status"]) == cause, view
    kept = {stream: crowd.caisson.call("logs", id, "--stream", stream).ok().out for stream in ("stdout", "stderr")}
    if view["status"] == "exited" and view.get("exit_code") == 0:
        seen["whole"] += 1
        assert kept == {stream: lines(member.count, stream) for stream in kept}, member
        if member.way == "foreground" and "front" not in member.harmed:
            assert member.output.read_bytes() == kept["stdout"]
            assert member.front.returncode == 0
        return
    # A front end that is killed before the gate opens leaves a launch that is given up.
    assert harmed or "front" in member.harmed, view
    seen["lost"] += 1
    for stream, text in kept.items():
        assert lines(member.count, stream).startswith(text), (member, stream)


def sweep(caisson):
    """Everything of the ended tasks goes away, and with it what crashes left behind."""
    tasks = caisson.state / "tasks"
    caisson.call("prune", "--older-than", "0s").ok()
    # What a front end was making when it was killed is left alone for a minute: it could be one that is only slow.
    unfinished = list(tasks.iterdir())
    assert all(path.name.startswith(".") for path in unfinished), unfinished
    for path in unfinished:
        os.utime(path, (time.time() - 120,) * 2)
    caisson.call("prune").ok()
    assert list(tasks.iterdir()) == []
    # A damaged ledger is kept beside the new one, the last one only.
    ledger = {"ledger.lock", *(f"ledger.sqlite{end}" for end in ("", "-wal", "-shm"))} | {
        f"ledger.sqlite.damaged{end}" for end in ("", "-wal", "-shm")}
    assert {path.name for path in caisson.state.iterdir()} <= {"tasks", "layers", "compiled", "scan", *AUDIT} | ledger
    assert not [place for place, *_ in host.mounts() if place.startswith(str(caisson.base.parent))]
    assert not Caisson.airlocks(caisson.ids)
