"""Names for which `files.protect` has a pattern and that a task makes: nothing covers them, and its end says so."""
import os
import subprocess

import pytest

import host

user_only = pytest.mark.skipif(host.EFFECTIVE_ROOT, reason="root may enter every directory")
HOOKS = 'protect = ["{workspace}/**/.git/hooks"]'
ALL = 'protect = ["{workspace}/**/.env", "{workspace}/**/.git/hooks"]'


@pytest.fixture
def leave(caisson):
    """Lets a task run a script, and tells what its end says of new names."""
    def run(files, text):
        policy = caisson.policy(
            "matches", commands=caisson.allow("sh", "mkdir", "touch", "ln", "rm", "mv", "chmod", "seq", "xargs", "true"), files=files)
        before = caisson.ids
        ended = caisson.run("sh", "-c", text, policy=policy, options=("--json",)).ok()
        return ended.view["end"].get("new_matches"), caisson.newest(before)
    return run


def paths(caisson, matches):
    return [os.path.relpath(path, caisson.workspace) for path in matches["paths"]]


@pytest.mark.clause("files.protect")
def test_new_names_of_a_pattern_are_told_and_those_that_were_covered_are_not(caisson, leave):
    (caisson.workspace / "old/.git/hooks").mkdir(parents=True)
    (caisson.workspace / ".env").touch()
    found, task = leave(ALL, "mkdir -p new/.git/hooks/in; touch new/.env b.env old/.env")
    assert paths(caisson, found) == ["new/.env", "new/.git/hooks", "old/.env"] and found["more"] is False
    assert "new/.git/hooks" in caisson.call("inspect", task.id).ok().text
    lines = caisson.call("audit", "show", "--json", "--task", task.id, "--event", "end").ok().text.splitlines()
    assert len(lines) == 1 and "new/.env" in lines[0]


def test_the_names_are_told_as_they_were_whatever_becomes_of_them(caisson, leave):
    found, task = leave(HOOKS, "mkdir -p a/.git/hooks")
    (caisson.workspace / "a/.git/hooks").rmdir()
    (caisson.workspace / "b/.git/hooks").mkdir(parents=True)
    assert task.inspect()["end"]["new_matches"] == found and paths(caisson, found) == ["a/.git/hooks"]


def test_the_names_of_a_task_in_the_background_are_told_by_whoever_looks_first(caisson):
    policy = caisson.policy("matches-back", commands=caisson.allow("mkdir"), files=HOOKS)
    task = caisson.detach("mkdir", "-p", "a/.git/hooks", policy=policy)
    assert host.until(lambda: paths(caisson, task.inspect().get("end", {}).get("new_matches", {"paths": []})) == ["a/.git/hooks"])


def test_where_nothing_is_new_or_no_pattern_is_there_nothing_is_told(caisson, leave):
    (caisson.workspace / "a/.git/hooks").mkdir(parents=True)
    for files in (HOOKS, 'protect = ["{workspace}/.mcp.json"]', 'protect = ["{workspace}/none/**/x"]'):
        found, task = leave(files, "mkdir -p b/x; touch c.key")
        assert found is None and not (caisson.state / "tasks" / task.id / "matches").exists()
        (caisson.workspace / "c.key").unlink()


def test_a_link_is_a_name_and_leads_nowhere(caisson, leave):
    outside = caisson.base / "outside"
    (outside / ".git/hooks").mkdir(parents=True)
    (outside / ".env").touch()
    found, _ = leave(ALL, f"ln -s {outside} out; mkdir in; ln -s ../.. in/up; ln -s /etc/passwd .env; ln -s . loop; ln -s {outside} .git")
    assert paths(caisson, found) == [".env"] and found["more"] is False


def test_a_tree_that_is_too_deep_for_a_path_is_named_and_the_rest_is_found(caisson, leave):
    deep = "/".join(["d" * 200] * 15)
    try:
        found, _ = leave(HOOKS, f"mkdir -p z/.git/hooks a/{deep} b/{deep}/.git/hooks; mv b a/{deep}")
        assert paths(caisson, found)[-1:] == ["z/.git/hooks"] and found["more"] is True
        assert "ENAMETOOLONG" in found["why"]
        refused = caisson.run("true", policy=caisson.policy("matches-true", commands=caisson.allow("true"), files=HOOKS))
        assert refused.code == 125 and "can't be searched" in refused.words, "what can't be found can't be protected"
    finally:
        subprocess.run(["rm", "-rf", str(caisson.workspace / "a")], check=True)


def test_no_more_are_told_than_somebody_reads(caisson, leave):
    found, task = leave(ALL, "seq 1 80 | while read n; do mkdir $n; touch $n/.env; done")
    assert len(found["paths"]) == 50 and found["more"] is True and "only the first 50" in found["why"]
    assert "there may be more" in caisson.call("inspect", task.id).ok().text


def test_a_name_that_is_no_text_is_told_and_hides_nothing(caisson, leave):
    found, task = leave(ALL, "d=$(printf 'a\\377\\nb'); mkdir -p \"$d/.git/hooks\"; touch \"$d/.env\"")
    assert [path.rsplit("/", 1)[1] for path in found["paths"]] == [".env", "hooks"]
    assert "\n" not in "".join(line for line in caisson.call("inspect", task.id).ok().text.splitlines() if ".env" in line)


@user_only
def test_a_directory_that_can_not_be_read_is_named(caisson, leave):
    found, _ = leave(HOOKS, "mkdir -p shut/.git/hooks; chmod 000 shut")
    (caisson.workspace / "shut").chmod(0o755)
    assert found["paths"] == [] and found["more"] is True and "shut" in found["why"] and "EACCES" in found["why"]
