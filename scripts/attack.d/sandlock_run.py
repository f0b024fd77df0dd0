"""Runs one program under sandlock: sandlock_run.py WORKSPACE TOOLS PROGRAM [ARG...]. It has no command of its own for that."""
import os
import sys

import sandlock

workspace, tools, *program = sys.argv[1:]
few = program[0] == "--few"
program = program[few:]
os.chdir(workspace)
system = [path for path in ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", tools] if os.path.exists(path)]
# Nothing of the network, no more processes than the other sandboxes allow, an environment that is empty but for the path.
box = sandlock.Sandbox(
    fs_readable=system, fs_writable=[workspace, "/dev/null"], max_processes=16 if few else 64, max_open_files=256,
    max_memory="256M" if few else "512M", no_coredump=True,
    **({"clean_env": True} if "clean_env" in sandlock.Sandbox.__dataclass_fields__ else {}))
result = box.run(program)
for stream, data in ((sys.stdout, result.stdout if hasattr(result, "stdout") else b""), (sys.stderr, getattr(result, "stderr", b""))):
    stream.write(data.decode(errors="replace") if isinstance(data, bytes) else data or "")
sys.exit(result.exit_code)
