"""What the host mounts and what the sandbox mounts never meet, and what the host undoes ends the task."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

BIN = Path(os.environ["CAISSON_BIN"])

# In a mount namespace of its own whose mounts are shared, as systemd makes them: starts a task, looks, mounts, looks again.
SHARED = """
set -eu
mount --make-rshared /
cd "$WORK"
id=$("$CAISSON" run --policy open --detach -- sleep 60)
pid=$("$CAISSON" inspect --json "$id" | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')
echo "outside $(grep -c "$WORK/" /proc/self/mountinfo || true)"
mkdir mounted-later
mount -t tmpfs canary mounted-later
echo "inside $(grep -c mounted-later "/proc/$pid/mountinfo" || true)"
umount mounted-later
"$CAISSON" stop --signal KILL "$id" >&2
"""


@pytest.fixture
def host(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(tmp_path), "CAISSON_STATE": str(tmp_path / "state"),
        "CAISSON": str(BIN / "caisson"), "WORK": str(work),
    }
    # The policy is compiled before anything is timed.
    subprocess.run([BIN / "caisson", "run", "--policy", "open", "--", "true"], cwd=work, env=environment, check=True, timeout=120)
    return work, environment


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a mount namespace whose mounts are shared, which only root can make")
def test_mounts_of_host_and_sandbox_do_not_propagate(host):
    work, environment = host
    script = ["unshare", "--mount", "--propagation", "private", "bash", "-c", SHARED]
    out = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=60)
    assert out.returncode == 0, out.stderr
    # The pins and placeholders over names of the workspace are mounts: none of them may appear on the host.
    assert "outside 0" in out.stdout.splitlines()
    assert "inside 0" in out.stdout.splitlines()


READER = """
import sys, time
deadline = time.time() + 30
while time.time() < deadline:
    try:
        text = open(".env").read()
    except OSError:
        text = ""
    if "SECRET" in text:
        open("stolen", "w").write(text)
    sys.stdout.write("."); sys.stdout.flush()
    time.sleep(0.01)
"""


def test_a_hidden_file_that_the_host_replaces_ends_the_task_as_lost(host, tmp_path):
    work, environment = host
    policy = tmp_path / "hide.toml"
    policy.write_text(
        'schema = 1\nname = "hide"\nextends = ["open"]\n[files]\nhide = ["{workspace}/.env"]\n', encoding="utf-8")
    (work / ".env").write_text("SECRET before\n")
    command = [BIN / "caisson", "run", "--policy", str(policy), "--json", "--", "python3", "-c", READER]
    task = subprocess.Popen(command, cwd=work, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert task.stdout.read(3) == b"...", "the task runs and reads"
        # As an editor saves: a new file takes the name, and the kernel takes the mount off it.
        (work / ".env.new").write_text("SECRET after\n")
        replaced = time.monotonic()
        os.rename(work / ".env.new", work / ".env")
        task.wait(timeout=20)
        assert time.monotonic() - replaced < 10
        view = json.loads(task.stderr.read().splitlines()[-1])
        assert (view["status"], view["end"]["cause"]) == ("lost", "layer_lost")
        assert "SECRET before" not in ((work / "stolen").read_text() if (work / "stolen").exists() else "")
    finally:
        task.kill()
        task.stdout.close()
        task.stderr.close()
        task.wait()
