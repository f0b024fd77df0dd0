"""Prints what of /usr and /etc a lean guest does without: everything but these packages of Debian and what they need.

A scan of a whole /usr takes minutes in the guest, where each file costs some round trips to the host.
"""
import os
import re
import subprocess

PACKAGES = ["bash", "coreutils", "dash", "diffutils", "findutils", "grep", "hostname", "iproute2", "libc-bin", "libcap2",
            "libgcc-s1", "libseccomp2", "libsqlite3-0", "libstdc++6", "mawk", "mount", "procps", "python3", "sed", "strace",
            "systemd", "util-linux"]
# Needed by packages above, and by nothing that runs here.
UNUSED = ["debconf", "debconf-2.0", "media-types", "mime-support", "perl-base", "readline-common", "tzdata"]
# Parts of these are left out; outside of them, nothing is.
ROOTS = ["/usr", "/etc/alternatives", "/etc/ssl"]
# What no package has and is needed all the same: caches of Python, the runtime of Swift, what links on the way stand for.
ALSO = [re.compile(text) for text in [r".*/__pycache__", r"/usr/lib/swift/linux/[^/]*\.so", r"/etc/alternatives/awk"]]
DATA = re.compile(r"/usr/(share|include|lib/python3[^/]*/(test|lib2to3|distutils|ensurepip)|lib/[^/]*/gconv)/")


def installed():
    """The packages that a package needs, by package."""
    shown = subprocess.run(["dpkg-query", "--show", "--showformat=${Package}\t${Pre-Depends},${Depends}\n"],
                           check=True, capture_output=True, text=True).stdout
    needs = {}
    for line in shown.splitlines():
        name, _, relations = line.partition("\t")
        needs[name] = re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9.+-]*)", relations)
    return needs


def closure(needs):
    found, left = set(), list(PACKAGES)
    while left:
        name = left.pop()
        if name in needs and name not in found and name not in UNUSED:
            found.add(name)
            left += needs[name]
    return sorted(found)


def kept():
    """Paths, also those that links stand for."""
    listed = subprocess.run(["dpkg", "--listfiles", *closure(installed())], check=True, capture_output=True, text=True)
    names = {line for line in listed.stdout.splitlines() if line.startswith("/") and not DATA.match(line)}
    names = {name for name in names if os.path.exists(name) and not os.path.isdir(name)}
    names |= {os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name)) for name in names}
    names |= {os.path.realpath(name) for name in names}
    return {name for name in names if os.path.lexists(name)}


def left_out(directory, keep, on_the_way):
    for name in sorted(os.listdir(directory)):
        path = f"{directory}/{name}"
        if path in keep or any(pattern.fullmatch(path) for pattern in ALSO) or "\n" in name:
            continue
        if path in on_the_way and not os.path.islink(path):
            yield from left_out(path, keep, on_the_way)
        else:
            yield path


def main():
    keep = kept()
    on_the_way = {"/usr/lib/swift", "/usr/lib/swift/linux", "/usr/local", "/usr/local/bin"}
    for path in keep:
        while path := path.rpartition("/")[0]:
            on_the_way.add(path)
    for root in filter(os.path.isdir, ROOTS):
        for path in left_out(root, keep, on_the_way):
            print(path)


if __name__ == "__main__":
    main()
