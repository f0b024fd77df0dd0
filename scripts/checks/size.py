"""Prints how many lines of code a reviewer of the airlock reads, and fails where there are too many."""
import os
import sys

from swiftcode import code_lines

# DESIGN: "at most about 1,500 lines for init and task side, and as many for the monitor". Terminals, input and what lasts through
# a power failure are the monitor's; init and task side have left more room than that.
LIMIT = 1500
MONITOR_LIMIT = 1650
PARTS = [
    ("init and task side", ["Sources/caisson-airlock/Init", "Sources/Confinement", "Sources/caisson-airlock"], LIMIT),
    ("monitor", ["Sources/caisson-airlock/Monitor"], MONITOR_LIMIT),
    ("below both: Kernel, Records, Spooling", ["Sources/Kernel", "Sources/Records", "Sources/Spooling"], None),
]


def files(folder):
    """Swift files below a folder; directly in it for the airlock's own, whose parts are counted one by one."""
    if not os.path.isdir(folder):
        sys.exit(f"{folder}: there is no such folder; mend PARTS in scripts/checks/size.py")
    if folder == "Sources/caisson-airlock":
        return [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".swift")]
    return [os.path.join(directory, name) for directory, _, names in os.walk(folder) for name in names
            if name.endswith(".swift")]


def main():
    failed = False
    for title, folders, limit in PARTS:
        counts = {folder: sum(code_lines(path) for path in files(folder)) for folder in folders}
        total = sum(counts.values())
        parts = " + ".join(f"{folder.removeprefix('Sources/')} {count}" for folder, count in counts.items())
        print(f"{title:38} {total:5} of {limit if limit else '-':>5} lines   {parts if len(counts) > 1 else ''}".rstrip())
        if limit and total > limit:
            failed = True
            print(f"{folders[0]}:1: {title} have {total} lines of code, the limit is {limit}; make them fewer, not longer")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
