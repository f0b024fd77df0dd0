"""Finds `try?`, `try!` and forced values where no failure may be lost: in the folders that are named.

A line is excused by a comment that begins with `// swallowed:` and gives the reason, at its end or alone on the line above.
"""
import os
import re
import sys

from swiftcode import blank_comments

FORBIDDEN = re.compile(r"\btry\s*[?!]")
EXCUSE = re.compile(r"// swallowed: \S+")
EXCUSE_ABOVE = re.compile(r"^\s*// swallowed: \S+")


def look_at(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    lines, code = text.split("\n"), blank_comments(text, strings=True).split("\n")
    for number, line in enumerate(code):
        excused = EXCUSE.search(lines[number]) or (number > 0 and EXCUSE_ABOVE.match(lines[number - 1]))
        if FORBIDDEN.search(line) and not excused:
            yield f"{path}:{number + 1}: a failure is swallowed: {line.strip()}"


def main(folders):
    found = []
    for folder in folders:
        if not os.path.isdir(folder):
            sys.exit(f"{folder}: there is no such folder; mend check_swallowed in scripts/check")
        for directory, _, names in os.walk(folder):
            for name in sorted(names):
                if name.endswith(".swift"):
                    found += look_at(os.path.join(directory, name))
    for failure in found:
        print(failure)
    if found:
        print("throw it, or write the reason above it: // swallowed: REASON")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
