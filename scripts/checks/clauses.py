"""The evidence: which test proves each clause of the policy, where it ran, and which one shows that the attempt succeeds without it.

    clauses.py            checks the table in SECURITY.md against Tests/clauses.toml and the tests
    clauses.py --write    makes the table anew, with the lanes of the results that are there

Clauses are in Tests/clauses.toml. A test of pytest names those that it proves by @pytest.mark.clause, and those for which it
is the negative by @pytest.mark.control. What a test leaves out here is found by reading its source: nothing is run."""
import ast
import re
import sys
import tomllib
import xml.etree.ElementTree
from pathlib import Path

LIST = Path("Tests/clauses.toml")
TABLE = Path("SECURITY.md")
KEYS = Path("Sources/PolicyText/SettingTable.swift")
FOLDERS = ("Tests/Sandbox", "Tests/Clients", "Tests/Guest")
BEGIN, END = "<!-- clauses: begin -->", "<!-- clauses: end -->"
HEAD = "| clause | mechanism | test | ran on | without it |\n|---|---|---|---|---|\n"

# What writes the results of a lane, by the name that the table has for it.
RESULTS = {
    "root": "sandbox-as-root.xml", "user": "sandbox-as-a-user.xml", "6.12": "guest/6.12.xml", "6.1": "guest/6.1.xml",
    "clients": "clients,-mcp.xml", "unit": "unit.xml",
}
PLACE = Path(".build/results")


class Test:
    """A test function, and the clauses that its marks name."""

    def __init__(self, path, name, clauses=(), controls=()):
        self.path, self.name, self.clauses, self.controls = path, name, set(clauses), set(controls)


def links(tests):
    """The tests, those of one file behind one link."""
    files = {}
    for test in tests:
        files.setdefault(test.path, []).append(f"`{test.name}`")
    titles = {path: path.stem if path.suffix == ".swift" else path.name for path in files}
    return "; ".join(f"[{titles[path]}]({path}): {', '.join(names)}" for path, names in files.items())


def marks(function):
    """The names in @pytest.mark.clause(...) and @pytest.mark.control(...)."""
    found = {"clause": set(), "control": set()}
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.func.attr in found:
            found[decorator.func.attr] |= {ast.literal_eval(argument) for argument in decorator.args}
    return found


def python_tests():
    for folder in FOLDERS:
        for path in sorted(Path(folder).glob("test_*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    named = marks(node)
                    yield Test(path, node.name, named["clause"], named["control"])


def swift_test(text):
    """`Suite.function` of Tests/MODULE/Suite.swift, or nothing."""
    suite, _, function = text.partition(".")
    for path in Path("Tests").glob(f"*/{suite}.swift"):
        if re.search(rf"func {re.escape(function)}\(", path.read_text()):
            return Test(path, function)
    return None


def keys():
    """Every key of a policy's tables."""
    return [key for key in re.findall(r'Setting\(\s*"([a-z_.]+)"', KEYS.read_text()) if "." in key]


def rows(clauses, tests, problems):
    """Name, mechanism, tests, controls of each clause."""
    found = []
    for clause in clauses:
        name = clause["name"]
        unit = [swift_test(text) for text in clause.get("unit", [])]
        if None in unit:
            problems.append(f"{LIST}: {name}: there is no such test as one of {clause['unit']}")
        proofs = [test for test in tests if name in test.clauses] + [test for test in unit if test]
        controls = [test for test in tests if name in test.controls]
        if not proofs and "not_enforced" not in clause:
            problems.append(f"{LIST}: {name} has no test; mark one with @pytest.mark.clause(\"{name}\")")
        if not controls and "no_control" not in clause and "not_enforced" not in clause:
            problems.append(
                f"{LIST}: {name} has no negative; mark a test with @pytest.mark.control(\"{name}\"), or say in no_control why there can be none")
        found.append((clause, proofs, controls))
    return found


def check_names(clauses, tests, problems):
    names = [clause["name"] for clause in clauses]
    for name in {name for name in names if names.count(name) > 1}:
        problems.append(f"{LIST}: {name} is there twice")
    for key in keys():
        if key not in names:
            problems.append(f"{LIST}: the policy's key {key} is missing")
    for test in tests:
        for name in (test.clauses | test.controls) - set(names):
            problems.append(f"{test.path}: {test.name} is marked for \"{name}\", which {LIST} does not have")


def results():
    """For each lane whose results are there: test -> whether every case of it that ran passed."""
    lanes = {}
    for lane, file in RESULTS.items():
        if not (PLACE / file).exists():
            continue
        found = lanes[lane] = {}
        for case in xml.etree.ElementTree.parse(PLACE / file).iter("testcase"):
            if case.find("skipped") is not None:
                continue
            suite, name = case.get("classname", "").rpartition(".")[2], re.split(r"[\[(]", case.get("name"))[0]
            passed = case.find("failure") is None and case.find("error") is None
            for key in ((suite, name), name):
                found[key] = found.get(key, True) and passed
    return lanes


def ran(lane, found, test):
    """Guest tests borrow those of the sandbox lane, by their names."""
    key = test.name if lane in ("6.12", "6.1") else (test.path.stem, test.name)
    if lane in ("root", "user") and "Sandbox" not in str(test.path):
        return None
    return found.get(key)


def lanes_of(proofs, lanes, problems):
    words = []
    for lane, found in lanes.items():
        outcomes = [outcome for test in proofs if (outcome := ran(lane, found, test)) is not None]
        if False in outcomes:
            problems.append(f"{PLACE / RESULTS[lane]}: {', '.join(test.name for test in proofs)}: one of them failed")
        if True in outcomes:
            words.append(lane)
    return ", ".join(words)


def line(clause, proofs, controls, lanes):
    if "not_enforced" in clause:
        return f"| {clause['name']} | **not enforced**: {clause['not_enforced']} | | | |\n"
    negative = links(controls) or clause.get("no_control", "")
    return f"| {clause['name']} | {clause['mechanism']} | {links(proofs)} | {lanes} | {negative} |\n"


def table():
    text = TABLE.read_text()
    if BEGIN not in text or END not in text:
        sys.exit(f"{TABLE}: the lines {BEGIN} and {END} are missing")
    before, _, rest = text.partition(BEGIN)
    inside, _, after = rest.partition(END)
    return before, inside.strip("\n"), after


def lanes_in(inside):
    """The fourth column of the table that is there, by clause."""
    cells = [[cell.strip() for cell in row.split(" | ")] for row in inside.splitlines()[2:]]
    return {row[0].removeprefix("| "): row[3] for row in cells if len(row) == 5}


def write(found, problems):
    lanes = results()
    missing = sorted(set(RESULTS) - set(lanes))
    if missing:
        problems.append(f"{PLACE}: there are no results of {', '.join(missing)}: run scripts/test first")
    body = "".join(line(clause, proofs, controls, lanes_of(proofs, lanes, problems)) for clause, proofs, controls in found)
    if problems:
        return
    before, _, after = table()
    TABLE.write_text(f"{before}{BEGIN}\n\n{HEAD}{body}\n{END}{after}")


def check(found, problems):
    before, inside, after = table()
    there = lanes_in(inside)
    wanted = HEAD + "".join(line(clause, proofs, controls, there.get(clause["name"], "")) for clause, proofs, controls in found)
    if inside.strip() != wanted.strip():
        problems.append(f"{TABLE}: the table of clauses is not that of {LIST} and the tests; run: scripts/security-table")
    for clause, *_ in found:
        if "not_enforced" not in clause and not there.get(clause["name"]):
            problems.append(f"{TABLE}: {clause['name']} ran on no lane; run scripts/test, then scripts/security-table")
        if "not_enforced" in clause and f"`{clause['name']}" not in before + after:
            problems.append(f"{TABLE}: {clause['name']} is not enforced, and the residual risks do not say so")


def main():
    problems = []
    clauses = tomllib.loads(LIST.read_text())["clause"]
    tests = list(python_tests())
    check_names(clauses, tests, problems)
    found = rows(clauses, tests, problems)
    if not problems:
        write(found, problems) if "--write" in sys.argv else check(found, problems)
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
