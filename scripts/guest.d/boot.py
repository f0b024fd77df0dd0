"""Boots the guest for one command and ends as the command did: see scripts/guest."""
import argparse
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import threading

TIMED_OUT = 124
BROKEN = 125
# One thread for both processors: with two, an interrupt could meet code that the other one was patching, and the kernel
# died of it in one boot of thirty. An Atom does not speculate: there is nothing to mitigate, and a policy that asks for
# mitigation has what it asks for.
MACHINE = ["-M", "q35,smm=off,vmport=off", "-accel", "tcg,thread=single,tb-size=512", "-smp", "2",
           "-cpu", "max,vendor=GenuineIntel,family=6,model=28,stepping=10",
           "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
KERNEL = "console=ttyS0 panic=-1 loglevel=4 tsc=reliable no_timer_check cgroup_no_v1=all"
PORTS = ["stdout", "stderr", "status"]


def arguments():
    parser = argparse.ArgumentParser()
    for name in ["kernel", "initramfs", "image", "power-off", "share", "without", "directory"]:
        parser.add_argument(f"--{name}", required=True)
    for name in ["memory", "disk", "timeout"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def archive(files):
    """A cpio archive in the form `newc`, which the kernel unpacks over what the initramfs has (initramfs-buffer-format)."""
    parts = []
    for number, (name, mode, data) in enumerate([*files, ("TRAILER!!!", 0, b"")], start=1):
        path = name.encode() + b"\0"
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
        parts += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]
    return b"".join(parts)


def order(options):
    """What this boot is for, as files of the guest."""
    command = "set -- " + shlex.join(options.command) + "\n"
    texts = {"share": options.share, "directory": options.directory, "command": command}
    files = [("order", 0o040755, b""), ("order/upper", 0o040755, b"")]
    files += [(f"order/{name}", 0o100644, os.fsencode(text)) for name, text in texts.items()]
    return archive(files + whiteouts(options.without.splitlines()))


def whiteouts(paths):
    """Names that are not to be there: a device 0:0 in the upper layer of an overlay (overlayfs.rst of the kernel)."""
    parents = sorted({str(parent)[1:] for path in paths for parent in pathlib.PurePath(path).parents} - {""})
    return ([(f"order/upper/{parent}", 0o040755, b"") for parent in parents]
            + [(f"order/upper{path}", 0o020000, b"") for path in paths])


def make_initramfs(options, path):
    with open(options.initramfs, "rb") as common, open(path, "wb") as file:
        data = common.read()
        file.write(data + bytes(-len(data) % 512) + order(options))


def make_disk(path, mebibytes):
    with open(path, "wb") as file:
        file.truncate(mebibytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "nodiscard", path], check=True, stdin=subprocess.DEVNULL)


def share(name, path, device, extra):
    return ["-fsdev", f"local,id={name},path={path.replace(',', ',,')},security_model=none,multidevs=remap{extra}",
            "-device", f"virtio-9p-pci,fsdev={name},mount_tag={name},id={device}"]


def disk_of(options, directory):
    """The disk's file. One that is kept is not written over, and goes through the journal of a power failure."""
    path = options.image or f"{directory}/disk"
    if not os.path.exists(path):
        make_disk(path, options.disk)
    return path


def machine(options, directory, writers):
    """qemu's command line; `writers` are the descriptors that the ports write to, in the order of PORTS."""
    line = ["qemu-system-x86_64", *MACHINE, "-m", str(options.memory), "-kernel", options.kernel,
            "-initrd", f"{directory}/initramfs", "-append", KERNEL, "-serial", f"file:{directory}/console",
            "-drive", f"file={disk_of(options, directory).replace(',', ',,')},format=raw,if=none,id=disk,cache=unsafe,discard=unmap",
            "-device", "virtio-blk-pci,drive=disk", "-device", "virtio-serial-pci"]
    line += share("host", "/", "root", ",readonly=on")
    if options.share:
        line += share("share", options.share, "writable", "")
    for number, (name, writer) in enumerate(zip(PORTS, writers), start=1):
        line += ["-add-fd", f"fd={writer},set={number}", "-chardev", f"file,id={name},path=/dev/fdset/{number},append=on",
                 "-device", f"virtserialport,chardev={name},name={name}"]
    return line


def copy(reader, target, seen):
    """Passes on what comes; `seen` is told the lines."""
    rest = b""
    with open(reader, "rb", buffering=0) as source:
        while data := source.read(65536):
            target.write(data)
            target.flush()
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                seen(line)
            rest = rest[-65536:]


class Boot:
    """One run of qemu, with a thread for each port."""

    def __init__(self, options, directory):
        self.directory = directory
        self.power_off = options.power_off.encode()
        self.is_off = False
        self.status = open(f"{directory}/status", "w+b")
        targets = [sys.stdout.buffer, sys.stderr.buffer, self.status]
        pipes = [os.pipe() for _ in PORTS]
        writers = [writer for _, writer in pipes]
        with open(f"{directory}/qemu", "wb") as log:
            self.process = subprocess.Popen(
                machine(options, directory, writers), stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=writers)
        for writer in writers:
            os.close(writer)
        self.threads = [threading.Thread(target=copy, args=(reader, target, self.read_line), daemon=True)
                        for (reader, _), target in zip(pipes, targets)]
        for thread in self.threads:
            thread.start()

    def read_line(self, line):
        """Nothing of what the guest has not yet written to its disk survives this."""
        if self.power_off and line.strip() == self.power_off:
            self.is_off = True
            self.process.kill()

    def wait(self, seconds):
        """The exit code of the command, or that of scripts/guest where there is none."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.end()
            complain(f"the guest was switched off after {seconds} s")
            return TIMED_OUT
        for thread in self.threads:
            thread.join()
        if self.is_off:
            return 0
        self.status.seek(0)
        text = self.status.read().strip()
        if text.isdigit():
            return int(text)
        complain("the guest broke down; what it and qemu said last:\n" + self.last_words())
        return BROKEN

    def last_words(self):
        words = []
        for name in ["console", "qemu"]:
            if os.path.exists(path := f"{self.directory}/{name}"):
                with open(path, errors="replace") as file:
                    words += file.read().splitlines()[-30:]
        return "\n".join(words)

    def end(self):
        self.process.kill()
        self.process.wait()


def complain(text):
    sys.stdout.flush()
    print(f"guest: {text}", file=sys.stderr, flush=True)


def interrupted(number, _):
    sys.exit(128 + number)


def main():
    options = arguments()
    for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, interrupted)
    with tempfile.TemporaryDirectory(prefix="caisson-guest.", dir=os.environ.get("TMPDIR", "/var/tmp")) as directory:
        make_initramfs(options, f"{directory}/initramfs")
        boot = Boot(options, directory)
        try:
            return boot.wait(options.timeout)
        finally:
            boot.end()


if __name__ == "__main__":
    sys.exit(main())
