"""What a reviewer reads first: the tables of docs/review.md, made from the sources, SECURITY.md and the tests.

    review.py            checks that the tables still say what is there
    review.py --write    makes them anew

Lines of code may differ by 5 % or 25 lines before that is an error, or every change would be one of this page, too. A claim of
SECURITY.md whose file or test is not there, or whose test does not have its id, is an error, and so is an attack that the table
of attacks does not have."""
import ast
import re
import sys
from pathlib import Path

from swiftcode import code_lines

PAGE, CLAIMS, ATTACKS = Path("docs/review.md"), Path("SECURITY.md"), Path("docs/attacks.md")
# Each layer: what it is, who can reach it with what, and where it is. From the inside of the sandbox outwards.
LAYERS = [
    ("init and task side", "the task, by system calls that its filter allows, signals and its own death; nothing of it is parsed",
     ["Sources/caisson-airlock/Init", "Sources/caisson-airlock/*.swift", "Sources/Confinement"]),
    ("monitor", "the task, by output and by when it reads input; front ends of the same user, by the control socket",
     ["Sources/caisson-airlock/Monitor"]),
    ("below both, linked into the airlock", "records and plans that front ends wrote; the shims are C",
     ["Sources/Kernel", "Sources/Records", "Sources/Spooling", "Sources/CKernel"]),
    ("the decision and its compiler", "policy files, argv, names in the workspace, programs of the host",
     ["Sources/Policy", "Sources/PolicyText", "Sources/PolicyCompiling", "Sources/SyscallFiltering"]),
    ("launching and reading", "the state directory, the workspace, the caller's environment, output of tasks",
     ["Sources/Launching", "Sources/Tasks", "Sources/JSON", "Sources/caisson"]),
    ("MCP", "every byte of a client, patterns of callers", ["Sources/ToolProtocol", "Sources/FrontDoor", "Sources/Patterns"]),
    ("many tasks, ledger, audit log", "the state directory, as a crash or a damaged disk leaves it",
     ["Sources/Supervision", "Sources/Ledger", "Sources/Audit", "Sources/AuditSigning", "Sources/caisson-server"]),
]
# Which attacks of docs/attacks.md try to break which claims.
TRIED = {
    "S-04": "D9", "S-05": "E1", "S-07": "B5", "S-08": "B10", "S-09": "B1 B2 B4", "S-10": "B3 B8 B8i B9 B10 B13", "S-12": "D2 H3p K4",
    "S-13": "B16", "S-15": "G1 G3", "S-16": "B6 B12 C6", "S-17": "H1 H2 H3", "S-18": "J1", "S-20": "B15 J1", "S-21": "B17 B18",
    "S-23": "A1 A4", "S-24": "A5", "S-25": "B15 I8 J6", "S-41": "G3", "S-46": "J5",
}
NAME = "scripts/checks/review.py"
TOLERANCE, LEAST = 0.05, 25


def lines_of(pattern):
    paths = Path(".").glob(pattern) if "*" in pattern else Path(pattern).rglob("*")
    return sum(code_lines(path) for path in paths if path.suffix in (".swift", ".h", ".c"))


def layers():
    """The table's rows, with how many lines each has."""
    for title, reached, places in LAYERS:
        counts = {place: lines_of(place) for place in places}
        if 0 in counts.values():
            sys.exit(f"{[place for place, count in counts.items() if not count]}: there is no code; mend LAYERS in {NAME}")
        links = ", ".join(f"[{Path(place.removesuffix('/*.swift')).name}](../{place.removesuffix('/*.swift')})" for place in places)
        yield title, reached, sum(counts.values()), links


def layer_table(rows):
    yield "| layer | reached by | lines of code | where |"
    yield "|---|---|---:|---|"
    total = 0
    for title, reached, count, links in rows:
        total += count
        yield f"| {title} | {reached} | {count} | {links} |"
    yield f"| all | | {total} | |"


def claims():
    """(id, claim, mechanism, code, test) of SECURITY.md."""
    for line in CLAIMS.read_text().splitlines():
        if re.match(r"\| S-\d+ \|", line):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) != 5:
                sys.exit(f"{CLAIMS}: {cells[0]} has {len(cells)} cells")
            yield cells


def tests_in(path):
    """The tests of a file, each with the claims that it has the ids of: by pytest's mark, or in the title of a suite."""
    if path.suffix == ".swift":
        text = path.read_text()
        ids = set(re.findall(r"S-\d+", " ".join(re.findall(r"@(?:Suite|Test)\((.*)", text))))
        return {name: ids for name in re.findall(r"func (\w+)\(", text)}
    tree = ast.parse(path.read_text())
    common = {id for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark"
              for id in ids_of(node.value)}
    return {node.name: common | {id for mark in node.decorator_list for id in ids_of(mark)}
            for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


def ids_of(mark):
    is_claim = isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "claim"
    return {argument.value for argument in mark.args} if is_claim else set()


def tests_of(cell, id, problems):
    """How many tests and files a claim names, after a look whether they are there and have its id."""
    tests, files, has_id = 0, 0, False
    for link, rest in re.findall(r"\[[^\]]*\]\((Tests/[^)]+)\)([^\[]*)", cell):
        path = Path(link)
        if not path.exists():
            problems.append(f"{CLAIMS}: {id}: there is no {link}")
            continue
        files += 1
        there = tests_in(path) if path.is_file() else {}
        has_id = has_id or any(id in ids for ids in there.values())
        named = [name for name in re.findall(r"`(\w+)`", rest) if name.startswith("test_")]
        problems += [f"{CLAIMS}: {id}: {link} has no {name}" for name in named if name not in there]
        problems += [f"{link}: {name} proves {id} and does not say so: @pytest.mark.claim(\"{id}\")"
                     for name in named if name in there and id not in there[name]]
        tests += len(named)
    if not has_id:
        problems.append(f"{CLAIMS}: {id}: no test has its id")
    return tests, files


def strangers(known):
    """Tests that have the id of a claim that there is not."""
    for path in sorted([*Path("Tests").rglob("test_*.py"), *Path("Tests").rglob("*Tests.swift")]):
        for name, ids in tests_in(path).items():
            yield from (f"{path}: {name}: there is no claim {id} in {CLAIMS}" for id in sorted(ids - known))


def claim_table(problems):
    known = set(re.findall(r"^\| ([A-Z][\w-]*) \|", ATTACKS.read_text(), re.M))
    yield "| claim | rests on | lines | tests named | tried by | without a test |"
    yield "|---|---|---:|---|---|---|"
    for id, claim, _, code, test in claims():
        paths = re.findall(r"\[([^\]]+)\]\((Sources/[^)]+)\)", code)
        problems += [f"{CLAIMS}: {id}: there is no {path}" for _, path in paths if not Path(path).exists()]
        lines = sum(code_lines(path) for _, path in paths if Path(path).is_file())
        tests, files = tests_of(test, id, problems)
        tried = TRIED.get(id, "").split()
        problems += [f"{NAME}: {id} is tried by {each}, which {ATTACKS} does not have" for each in tried if each not in known]
        missing = "; ".join(part.strip().removesuffix(": not yet") for part in re.split(r";|\. ", test) if "not yet" in part)
        links = ", ".join(f"[{name}](../{path})" for name, path in paths)
        named = f"{tests} in {files} files" if tests else f"{files} files"
        yield f"| {id} {shortened(claim)} | {links} | {lines} | {named} | {' '.join(tried)} | {missing} |"


def shortened(text):
    text = re.sub(r" \(.*?\)", "", text)
    return text if len(text) < 90 else text[:87].rsplit(" ", 1)[0] + " ..."


def close(there, wanted):
    """Whether two rows of a table say the same, but for numbers of lines that are near enough: those are in the third column."""
    old, new = ([cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in (there, wanted))
    if len(old) != len(new) or [*old[:2], *old[3:]] != [*new[:2], *new[3:]]:
        return False
    if not (old[2].isdigit() and new[2].isdigit()):
        return old[2] == new[2]
    return abs(int(old[2]) - int(new[2])) <= max(LEAST, TOLERANCE * int(new[2]))


def marked(name):
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def main():
    problems = []
    tables = {"layers": list(layer_table(layers())), "claims": list(claim_table(problems))}
    problems += strangers({id for id, *_ in claims()})
    text = PAGE.read_text()
    for name, wanted in tables.items():
        begin, end = marked(name)
        before, _, rest = text.partition(begin)
        there, found, after = rest.partition(end)
        if not found:
            sys.exit(f"{PAGE}: the lines {begin} and {end} are missing")
        lines = there.strip("\n").split("\n")
        if len(lines) != len(wanted) or not all(map(close, lines, wanted)):
            problems.append(f"{PAGE}: the table of {name} is out of date; run: python3 scripts/checks/review.py --write")
        text = f"{before}{begin}\n\n" + "\n".join(wanted) + f"\n\n{end}{after}"
    if "--write" in sys.argv:
        PAGE.write_text(text)
        problems = [problem for problem in problems if "out of date" not in problem]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
