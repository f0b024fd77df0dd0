"""Compares the imports in Sources with the layers that Package.swift draws and with the dependencies that it declares.

Reads the output of `swift package dump-package`. Prints each difference as file:line, and what to do.
"""
import json
import os
import re
import sys

# What a target may import besides its declared dependencies.
SYSTEM = {"Glibc", "Synchronization"}
SERVER = SYSTEM | {"Foundation", "FoundationEssentials", "Dispatch"}
AIRLOCK = {"Glibc"}
# No I/O: what they need to know of the host is given to them as values.
PURE = {"Policy", "ToolProtocol"}
# Executables that start in a fraction of a millisecond, because they link no Foundation.
STATIC = {"caisson": SYSTEM, "caisson-airlock": AIRLOCK}

IMPORT = re.compile(
    r"^\s*(?:@[\w()]+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:typealias|struct|class|enum|protocol|let|var|func)\s+)?([\w]+)")

failures = []


def fail(place, message):
    failures.append(f"{place}: {message}")


def line_of(path, pattern):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if re.search(pattern, line):
                return f"{path}:{number}"
    return path


def picture():
    """The layers from the top down, and the modules that the airlock may reach."""
    layers, airlock = [], set()
    with open("Package.swift", encoding="utf-8") as file:
        for line in file:
            drawn = re.match(r"//     (\S.*)$", line)
            if not drawn:
                continue
            if not layers:
                layers.append([part.split()[0] for part in re.split(r"\s{3,}", drawn[1])])
                continue
            name = drawn[1].split()[0]
            layers.append([name])
            if "<- caisson-airlock" in line:
                airlock.add(name)
    return layers, airlock


def dependencies(target):
    """Names of modules of this package, and of modules of other packages' products."""
    own, foreign = set(), set()
    for dependency in target["dependencies"]:
        kind, value = next(iter(dependency.items()))
        (foreign if kind == "product" else own).add(value[0])
    return own, foreign


def closure(name, own):
    reached, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += own.get(current, ())
    return reached


def without_comments(text):
    """Blanks block comments and multi-line strings; lines keep their numbers."""
    return re.sub(r'/\*.*?\*/|""".*?"""', lambda match: "\n" * match.group(0).count("\n"), text, flags=re.S)


def imports(folder):
    for directory, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(".swift"):
                path = os.path.join(directory, name)
                with open(path, encoding="utf-8") as file:
                    lines = without_comments(file.read()).split("\n")
                for number, line in enumerate(lines, 1):
                    # `#if os(Linux); import X` and two imports on a line are written by nobody.
                    found = IMPORT.match(line)
                    if found:
                        yield f"{path}:{number}", found[1]


def check_picture(rank, own, shims):
    for name in own:
        if name not in rank and name not in shims:
            fail(line_of("Package.swift", f'"{name}"'), f"{name} is not in the picture of the layers; draw it there")
    for name in rank:
        if name not in own:
            fail(line_of("Package.swift", rf"//     .*\b{re.escape(name)}\b"), f"{name} is drawn, but there is no such target")
    for name, needs in own.items():
        for other in needs & rank.keys():
            if name in rank and rank[other] <= rank[name]:
                fail(line_of("Package.swift", f'"{name}"'),
                     f"{name} depends on {other}, which is not below it; move the code, or draw the layers anew")


def allowed_system(name, reached):
    if name in PURE:
        return set()
    allowed = SERVER
    for executable, words in STATIC.items():
        if name in reached[executable]:
            allowed = allowed & words
    return allowed


def check_import(place, name, module, own, foreign, allowed):
    if module in own or module in foreign or module in allowed or module == name:
        return
    if module in SERVER:
        fail(place, f"{name} may not import {module}: "
             + ("it does no I/O" if name in PURE else "a static executable is linked with it") + "; use what Kernel has")
    else:
        fail(place, f"{module} is no declared dependency of {name}; declare it in Package.swift if it lies below, or move the code")


def main():
    package = json.load(sys.stdin)
    targets = {target["name"]: target for target in package["targets"] if target["type"] != "test"}
    own, foreign = {}, {}
    for name, target in targets.items():
        own[name], foreign[name] = dependencies(target)
    layers, marked = picture()
    rank = {name: depth for depth, names in enumerate(layers) for name in names}
    shims = {name for name in targets if re.match(r"C[A-Z]", name)}
    reached = {executable: closure(executable, own) for executable in STATIC}
    check_picture(rank, own, shims)
    strangers = reached["caisson-airlock"] - marked - shims - {"caisson-airlock"}
    for name in sorted(strangers):
        fail(line_of("Package.swift", rf"//     {name}\b"),
             f"caisson-airlock reaches {name}, which is not marked with `<- caisson-airlock`; it is the audit surface")
    count = 0
    for name, target in sorted(targets.items()):
        allowed = allowed_system(name, reached)
        for place, module in imports(target.get("path") or f"Sources/{name}"):
            count += 1
            check_import(place, name, module, own[name], foreign[name], allowed)
    if count == 0:
        fail("Sources", "no import was found: this check looks in the wrong place")
    print("\n".join(failures), end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
