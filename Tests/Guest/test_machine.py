"""What the other tests stand on: the machine of scripts/guest is what it claims to be."""
import os
import platform

import group
import host


def test_the_kernel_is_the_one_that_was_asked_for(landlock):
    wanted = os.environ["CAISSON_KERNEL"]
    assert platform.release().startswith(f"{wanted}.")
    assert landlock == {"6.1": 2, "6.12": 6}[wanted]


def test_the_cgroups_are_those_of_version_2_alone():
    places = [(place, kind) for place, _, kind, _ in host.mounts() if kind.startswith("cgroup")]
    assert places == [("/sys/fs/cgroup", "cgroup2")]
    assert {"memory", "pids", "cpu", "io"} <= set(group.text(group.ROOT, "cgroup.subtree_control").split())


def test_the_disk_is_ext4_and_the_root_an_overlay_in_memory():
    kinds = {place: kind for place, _, kind, _ in host.mounts()}
    assert kinds["/mnt/disk"] == "ext4" and kinds["/"] == "overlay"
