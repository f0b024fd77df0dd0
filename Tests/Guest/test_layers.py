"""Layers that a kernel lacks are told by `doctor`, and refused or done without as the policy says by name."""
import json
import os

import pytest

HOST_NETWORK = 'mode = "host"'
ROOT_WORKSPACE = {"files.root_workspace": "the guest has no other user"}


@pytest.fixture
def report(caisson):
    ended = caisson.call("doctor", "--json").ok()
    return json.loads(ended.text)


def test_doctor_names_what_is_missing_and_how_to_get_it(report, landlock):
    missing = {line["layer"]: line for line in report["layers"] if not line["enforced"]}
    assert set(missing) == (set() if landlock >= 6 else {"ports", "scope"})
    for line in missing.values():
        assert line["may_be_degraded"] and line["found"] == f"Landlock ABI {landlock}" and "boot a kernel" in line["remedy"]


def test_doctor_makes_no_group(caisson):
    """It says that nothing is changed; looking for the delegated subtree used to make it."""
    place = "/sys/fs/cgroup/never-made"
    policy = caisson.policy("elsewhere", own=True, cgroup=f'parent = "{place}"')
    before = {name for name, _, _ in os.walk("/sys/fs/cgroup")}
    found = {line["layer"]: line for line in json.loads(caisson.call("doctor", "--json").out)["layers"]}
    assert found["cgroup"]["enforced"]
    caisson.call("policy", "explain", "--policy", policy, "--", "probe").ok()
    assert {name for name, _, _ in os.walk("/sys/fs/cgroup")} == before
    # The control: a launch makes it.
    assert caisson.run("probe", "exit", "7", policy=policy).code == 7 and os.path.isdir(place)


def test_doctor_says_which_policies_can_be_used(report):
    """Without the host's network, nothing needs Landlock's scopes: the namespaces hold signals and abstract sockets."""
    assert {policy["name"]: policy["missing"] for policy in report["policies"]} == {
        name: [] for name in ("build", "claude", "default", "hardened", "open")}


def test_a_policy_with_the_host_s_network_is_refused_where_nothing_scopes_it(caisson, landlock):
    policy = caisson.policy(
        "network", files='view = "empty"', network=HOST_NETWORK, degrade=[],
        relax=ROOT_WORKSPACE | {"network.mode": "to see whether it is refused"})
    before = caisson.ids
    ended = caisson.run("probe", "exit", "7", policy=policy)
    if landlock >= 6:
        assert ended.code == 7
        return
    assert ended.code == 125 and caisson.ids == before
    assert 'the layer "scope" is missing' in ended.words and f"ABI {landlock}" in ended.words
    assert "boot a kernel from 6.12 on" in ended.words and "caisson doctor" in ended.words


def test_ports_are_refused_where_nothing_limits_them(caisson, landlock):
    policy = caisson.policy(
        "ports", files='view = "empty"', network=HOST_NETWORK + "\nports = [443]", degrade=["scope"],
        relax=ROOT_WORKSPACE | {"network.mode": "to see whether it is refused", "require.degrade.scope": "this is about ports"})
    ended = caisson.run("probe", "exit", "7", policy=policy)
    assert ended.code == (7 if landlock >= 4 else 125)
    assert landlock >= 4 or 'the layer "ports" is missing' in ended.words


@pytest.mark.clause("require.degrade")
@pytest.mark.control("require.degrade")
def test_what_is_done_without_is_in_the_record(caisson, landlock):
    policy = caisson.policy(
        "without", files='view = "empty"', network=HOST_NETWORK + "\nports = [443]", degrade=["scope", "ports"],
        relax=ROOT_WORKSPACE | {
            "network.mode": "to see what is told", "require.degrade.scope": "old kernels", "require.degrade.ports": "old kernels"})
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    levels = {line["subject"]: line["level"] for line in task.inspect()["enforcement"]}
    expected = "enforced" if landlock >= 6 else "not enforced"
    assert (levels["scope"], levels["ports"]) == (expected, expected)
    assert (levels["landlock"], levels["cgroup"], levels["groups"]) == ("enforced",) * 3


@pytest.mark.parametrize("name", ["default", "open", "hardened", "build"])
def test_the_shipped_policies_run(caisson, name):
    """`hardened` does without nothing: every layer is in force on both kernels."""
    os.chown(caisson.workspace, 4242, 4242)
    (caisson.workspace / "file").write_text("")
    ended = caisson.run("ls", policy=name)
    assert (ended.code, ended.text) == (0, "file\n"), ended.words
    levels = {line["subject"]: line["level"] for line in caisson.detach("ls", policy=name).inspect()["enforcement"]}
    assert {levels[layer] for layer in ("cgroup", "groups", "landlock", "limits.memory", "limits.swap", "limits.cpu", "limits.processes")} == {"enforced"}
