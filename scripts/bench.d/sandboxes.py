"""The command lines that are compared: each shows the same view in the same namespaces, as far as its program can.

The view: /usr read-only with /bin, /lib, /lib64 and /sbin as links into it, a few files as /etc read-only, a /tmp of its
own, the minimal devices, a /proc of its own, the workspace writable. The namespaces: user, mount, PID, network, IPC,
UTS, cgroup. No capability is left, the environment is nearly empty, the task is in a session of its own and dies with its
sandbox. Caisson does more than this: see its rows in docs/performance.md.
"""
import os
import shutil

# Caisson's rows keep the same policy for everybody; `true` is put on the default list by the environment, as its users do.
CAISSON_ENVIRONMENT = {"ALLOWED_COMMANDS": "true"}


class Sandbox:
    """One row: a title, the command in front of the program, what is added to the environment."""

    def __init__(self, title, prefix, environment=None, missing=None):
        self.title = title
        self.prefix = prefix
        self.environment = environment or {}
        self.missing = missing

    def command(self, program):
        return self.prefix + program


def first(*paths):
    """The first program that is there; a name without a slash is looked up."""
    for path in paths:
        found = path and shutil.which(path)
        if found:
            return os.path.abspath(found)
    return None


def system_links():
    """(name, target) of /bin, /lib and their like, where they are links."""
    names = ["bin", "sbin", "lib", "lib64"]
    return [(f"/{name}", os.readlink(f"/{name}")) for name in names if os.path.islink(f"/{name}")]


def caisson(release, place, policy):
    program = os.path.join(release, "caisson")
    prefix = [program, "run", "--state", place.state, "--policy", policy, "--workspace", place.workspace, "--"]
    missing = None if os.access(program, os.X_OK) else f"{program} is not there"
    return Sandbox(f"caisson run, policy {policy}", prefix, CAISSON_ENVIRONMENT, missing)


def bubblewrap(program, place, title):
    if not program:
        return Sandbox(title, [], missing="not installed")
    prefix = [program, "--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    prefix += ["--unshare-cgroup", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    prefix += ["--uid", "1000", "--gid", "1000", "--hostname", "caisson", "--ro-bind", "/usr", "/usr"]
    for name, target in system_links():
        prefix += ["--symlink", target, name]
    prefix += ["--ro-bind", place.settings, "/etc", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    prefix += ["--bind", place.workspace, place.workspace, "--chdir", place.workspace, "--"]
    return Sandbox(title, prefix)


def nsjail(program, place):
    title = "nsjail"
    if not program:
        return Sandbox(title, [], missing="not installed")
    # Its namespaces are all there unless they are switched off; nothing is left of the environment and of capabilities.
    prefix = [program, "--really_quiet", "--mode", "o", "--hostname", "caisson", "--iface_no_lo"]
    prefix += ["--user", f"1000:{os.getuid()}:1", "--group", f"1000:{os.getgid()}:1", "--bindmount_ro", "/usr:/usr"]
    for name, target in system_links():
        prefix += ["--symlink", f"{target}:{name}"]
    prefix += ["--bindmount_ro", f"{place.settings}:/etc", "--tmpfsmount", "/tmp"]
    for name in ["null", "zero", "full", "random", "urandom"]:
        prefix += ["--bindmount", f"/dev/{name}:/dev/{name}"]
    prefix += ["--bindmount", f"{place.workspace}:{place.workspace}", "--cwd", place.workspace, "--"]
    return Sandbox(title, prefix)


def firejail(program, place):
    title = "firejail"
    if not program:
        return Sandbox(title, [], missing="not installed")
    # It keeps the host's tree and changes it in place; it has no switch for a cgroup namespace, and makes its user
    # namespace last.
    prefix = [program, "--quiet", "--noprofile", "--noroot", "--net=none", "--ipc-namespace", "--hostname=caisson"]
    prefix += ["--nonewprivs", "--caps.drop=all", "--read-only=/usr", "--private-etc=ld.so.cache,passwd,group,hosts"]
    prefix += ["--private-tmp", "--keep-var-tmp", "--private-dev", f"--private-cwd={place.workspace}", "--"]
    return Sandbox(title, prefix)


def all_of_them(options, place):
    """The rows in the order of the table."""
    debian = first("/usr/bin/bwrap")
    rows = [Sandbox("bare posix_spawn", [])]
    rows += [caisson(options.release, place, policy) for policy in ["default", "open"]]
    if options.bubblewrap or not debian:
        rows.append(bubblewrap(first(options.bubblewrap), place, "bubblewrap 0.11"))
    else:
        rows.append(bubblewrap(debian, place, "bubblewrap of the system"))
    rows += [nsjail(first(options.nsjail, "nsjail"), place), firejail(first("firejail"), place)]
    return rows
