"""What a caller may not choose: policy, places, environment, time. The one who asks is the one who is confined."""

import os

import pytest


def refused(result, cause):
    assert result.is_error and result["status"] == "refused" and result["end"]["cause"] == cause, result
    return result["reason"]


# --- Policy

@pytest.mark.parametrize("policy", ["open", "hardened", "nothing", "../open", "/etc/passwd", "open.toml", "./open"])
@pytest.mark.claim("S-21")
def test_a_policy_is_one_of_those_named_at_the_start(serve, workspace, policy):
    reason = refused(serve("list").run("touch", "made", policy=policy), "policy")
    assert policy in reason and "list" in reason and "--allow-policy" in reason
    assert not (workspace / "made").exists()


def test_a_policy_that_was_named_at_the_start_can_be_asked_for(serve, workspace):
    server = serve("list", "open")
    assert server.run("touch", "made")["status"] == "refused"
    assert server.run("touch", "made", policy="open")["exit_code"] == 0
    assert server.run("touch", "made", policy="list")["status"] == "refused"


def test_a_file_in_the_workspace_is_no_policy(serve, workspace, policy_directory):
    (workspace / "open.toml").write_text((policy_directory / "open.toml").read_text())
    for name in ("open", "open.toml", "./open.toml", str(workspace / "open.toml")):
        refused(serve("list").run("touch", "made", policy=name), "policy")


def test_a_policy_that_is_changed_is_read_again(serve, base):
    """The server asks for the files at each call: what was taken off the list is refused at once."""
    path = base / "policies" / "changing.toml"
    text = (base / "policies" / "list.toml").read_text().replace('"list"', '"changing"')
    path.write_text(text)
    server = serve("changing")
    assert server.run("echo", "x").output == "x\n"
    path.write_text(text.replace('"echo", ', ""))
    assert server.run("echo", "x")["status"] == "refused"
    path.write_text("schema = 1\nname = ")
    broken = server.run("ls")
    assert broken.is_error and "changing.toml" in broken["reason"]
    path.write_text(text)
    assert server.run("echo", "x").output == "x\n"
    path.unlink()


# --- Places

@pytest.mark.parametrize(
    "cwd",
    ["..", "../..", "sub/../..", "/", "/etc", "/tmp", "/root", "link", "link/..", "absolute", "/proc/self/cwd/..", "{base}"],
)
@pytest.mark.claim("S-21")
def test_cwd_does_not_lead_out_of_the_workspace(server, workspace, base, cwd):
    (workspace / "sub").mkdir()
    (workspace / "link").symlink_to("..")
    (workspace / "absolute").symlink_to("/etc")
    result = server.run("sh", "-c", "pwd; touch made-here", cwd=cwd.format(base=base))
    assert "workspace" in refused(result, "workspace")
    assert not (base / "made-here").exists()


@pytest.mark.parametrize("cwd", ["sub", "sub/", "./sub", "sub/deep/..", "{workspace}/sub", "inner", "sub/../sub"])
def test_cwd_may_be_any_directory_of_the_workspace(server, workspace, cwd):
    (workspace / "sub" / "deep").mkdir(parents=True)
    (workspace / "inner").symlink_to("sub")
    result = server.run("pwd", cwd=cwd.format(workspace=workspace))
    assert result.output == f"{workspace}/sub\n"
    assert result["cwd"] == f"{workspace}/sub"


@pytest.mark.parametrize("cwd", ["missing", "file"])
def test_cwd_that_is_no_directory_is_refused_with_its_name(server, workspace, cwd):
    (workspace / "file").write_text("")
    assert cwd in refused(server.run("pwd", cwd=cwd), "workspace")


def test_a_workspace_beneath_one_of_the_policy_s_places_can_be_asked_for(serve, base):
    place = base / "places" / "one"
    place.mkdir(parents=True, exist_ok=True)
    server = serve("places")
    assert server.run("sh", "-c", "pwd; echo x > made", cwd=str(place)).output == f"{place}\n"
    assert (place / "made").exists()
    for outside in (base / "places", base / "policies", "/etc", "/usr/share"):
        refused(server.run("touch", "made", cwd=str(outside)), "workspace")


@pytest.mark.parametrize("workspace_name", ["/", "/etc", "/usr", "/tmp", "/root", "{state}", "{policies}", "missing", "{file}"])
def test_the_server_does_not_start_in_a_place_that_is_no_workspace(
    caisson, shared_state, policy_directory, workspace, workspace_name
):
    (workspace / "file").write_text("")
    name = workspace_name.format(state=shared_state, policies=policy_directory, file=workspace / "file")
    ended = caisson("mcp", "--policy", "open", "--workspace", name)
    assert ended.returncode == 126, ended
    assert ended.stdout == b"" and b"workspace" in ended.stderr


def test_two_workspaces_do_not_see_one_another(serve, base):
    rooms = []
    for name in ("a", "b"):
        room = base / f"room-{name}"
        room.mkdir(exist_ok=True)
        (room / "secret").write_text(f"secret of {name}")
        rooms.append(room)
    first = serve(at=rooms[0])
    result = first.run("sh", "-c", f"cat secret; ls {base}; cat {rooms[1]}/secret; echo x > {rooms[1]}/made")
    assert "secret of a" in result.output and "secret of b" not in result.output
    assert not (rooms[1] / "made").exists()


# --- Environment

@pytest.mark.clause("environment.accept")
@pytest.mark.control("environment.accept")
@pytest.mark.claim("S-21")
def test_only_names_that_the_policy_accepts_are_set(serve):
    server = serve("accepting")
    assert server.command('echo "$GREETING $LC_TIME"', env={"GREETING": "hello", "LC_TIME": "C"}).output == "hello C\n"
    for name in ("OTHER", "PATH", "HOME", "greeting", "GREETING2"):
        assert name in refused(server.run("env", env={name: "x"}), "environment")


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "GIT_SSH_COMMAND", "PYTHONPATH", "NODE_OPTIONS", "PERL5OPT"]
)
def test_loader_and_interpreter_variables_are_never_accepted(serve, name):
    refused(serve("accepting").run("env", env={name: "x"}), "environment")


@pytest.mark.parametrize("env", [{"A=B": "x"}, {"": "x"}, {"GREETING": 1}, {"GREETING": "a\0b"}, ["GREETING"], "GREETING=x"])
def test_what_can_be_no_environment_is_a_wrong_argument(serve, env):
    result = serve("accepting").run("env", env=env)
    assert result.is_error and '"env"' in result["reason"]


# --- Time

def test_wall_ms_can_lower_the_policy_s_limit(server):
    result = server.run("sleep", "60", wall_ms=300)
    assert (result["status"], result["end"]["cause"]) == ("timed_out", "wall")
    assert "300 ms" in result["reason"]


@pytest.mark.claim("S-21")
def test_wall_ms_can_not_raise_the_policy_s_limit(serve):
    result = serve("brief").run("sleep", "60", wall_ms=3_600_000)
    assert (result["status"], result["end"]["cause"]) == ("timed_out", "wall")
    assert "1 s" in result["reason"]


@pytest.mark.parametrize("wall", [0, -1, 10**18, 1.5, "1", None, True])
def test_wall_ms_out_of_range_is_a_wrong_argument(server, wall):
    result = server.run("true", wall_ms=wall)
    assert result.is_error and '"wall_ms"' in result["reason"] and "31536000000" in result["reason"]


def test_timeout_ms_is_at_most_what_clients_endure(server):
    assert "55000" in server.run("true", timeout_ms=60_000)["reason"]
    assert not server.run("true", timeout_ms=60_000, meta={"progressToken": "t"}).is_error


# --- Shell

@pytest.mark.parametrize(
    ("policy", "shell", "runs"),
    [
        ("refuse", None, False), ("refuse", "check", False), ("refuse", "trust", False), ("list", "trust", False),
        ("check", None, True), ("check", "refuse", False), ("check", "trust", True),
        ("open", None, True), ("open", "refuse", False), ("open", "check", True),
    ],
)  # fmt: skip
@pytest.mark.clause("commands.shell")
@pytest.mark.control("commands.shell")
def test_a_caller_can_narrow_the_use_of_a_shell_and_not_widen_it(serve, workspace, policy, shell, runs):
    result = serve(policy).command("echo a > made; echo b", **({"shell": shell} if shell else {}))
    assert (workspace / "made").exists() == runs
    if not runs:
        reason = refused(result, "commands")
        assert '">"' in reason and "argv" in reason, "the character, and the way round it"


def test_shell_is_no_program(server):
    result = server.command("true", shell="/bin/bash")
    assert result.is_error and '"refuse", "check", "trust"' in result["reason"]


# --- What it may know

def test_explain_policy_runs_nothing(serve, workspace):
    server = serve("open")
    explained = server.call("explain_policy", command="touch made")
    assert explained["decision"] == "allowed" and not (workspace / "made").exists()
    assert not explained.is_error


def test_explain_policy_names_rule_file_and_line_and_what_is_near(serve, policy_directory):
    explained = serve("list").call("explain_policy", argv=["gre", "x"])
    assert explained["decision"] == "not_found" and "grep" in explained["nearest_allowed"]
    explained = serve("list").call("explain_policy", argv=["touch", "x"])
    assert explained["decision"] == "refused"
    (reason, *_) = explained["reasons"]
    assert reason["rule"] == "commands.allow" and reason["file"] == f"{policy_directory}/list.toml"
    line = (policy_directory / "list.toml").read_text().splitlines()[reason["line"] - 1]
    assert line.startswith("allow")
    assert explained["layers"]


def test_a_refusal_offers_what_is_allowed(serve):
    result = serve("default").command("git statu")
    assert result["nearest_allowed"][0] == "git status" and "git status" in result.text
    assert "explain_policy" in result["next"]


def test_no_list_shows_tasks_of_another_state_directory(serve, own_state):
    task = serve().start("sleep", "60")
    other = serve(state=own_state)
    assert other.call("list_sessions")["sessions"] == []
    for name in (task, task[:8], f"../../state/tasks/{task}", os.path.join("..", "tasks", task)):
        assert other.read(name).is_error
    assert other.end(task).is_error
