"""Attacks each sandbox and judges from outside; prints a table. `scripts/attack --help` says how it is called."""
import argparse
import os
import platform
import shutil
import sys
import time

import escapes  # noqa: F401
import gate  # noqa: F401
import resources  # noqa: F401
import supervisor  # noqa: F401
import systems
from ground import ATTACKS, Place
from systems import NotApplicable, NotRun

DID_NOT_RUN, TIME_OVER = "did not run", "time was over"
# What a policy opens on purpose, and says so: `caisson policy explain` calls it arbitrary_code.
EXECUTABLE = "opened by `files.execute`"
OPENED = {(id, "caisson build"): EXECUTABLE for id in ["B8", "B12"]}


def options():
    parser = argparse.ArgumentParser(prog="scripts/attack", add_help=False)
    for name in ["release", "bubblewrap", "nsjail", "sandlock", "probe", "policies", "document", "section"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--only", action="append", help="an attack, or with a letter alone a class; may be given more than once")
    parser.add_argument("--columns", help="Caisson's policies, with commas between them, and the control; nothing else")
    parser.add_argument("--seconds", type=float, help="what is not tried by then says so")
    return parser.parse_args()


def judge(place, system, each):
    """What stands in the cell: `held`, `ESCAPED`, or why nothing can be said."""
    if system.missing or (each.own and system.title == "no sandbox"):
        return "-"
    if (each.id, system.title) in OPENED:
        return OPENED[each.id, system.title]
    place.fresh()
    try:
        return "ESCAPED" if each.attempt(place, system) else "held"
    except NotApplicable as reason:
        return str(reason)
    except NotRun as reason:
        print(f"{each.id:4} {system.title}: {DID_NOT_RUN}: {reason}", file=sys.stderr, flush=True)
        return DID_NOT_RUN


def wanted(chosen):
    """In the order of their ids."""
    found = [each for each in ATTACKS if not chosen.only or each.id in chosen.only or each.id[0] in chosen.only]
    return sorted(found, key=lambda each: (each.id[0], int("".join(filter(str.isdigit, each.id)) or 0)))


def main():
    chosen = options()
    os.umask(0o022)
    place = Place(chosen)
    ends = time.monotonic() + chosen.seconds if chosen.seconds else float("inf")
    results, columns, chosen_attacks = {}, [], wanted(chosen)
    try:
        columns = systems.all_of_them(chosen, place)
        for each in chosen_attacks:
            if time.monotonic() > ends:
                break
            began = time.monotonic()
            results[each.id] = {system.title: judge(place, system, each) for system in columns}
            print(f"{each.id:4} {time.monotonic() - began:5.1f} s  {each.title}: escaped: "
                  + ", ".join(title for title, cell in results[each.id].items() if cell == "ESCAPED"), file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(place.root)
    write(chosen, columns, results)
    failures = [(each.id, failure) for each in chosen_attacks if each.id in results for failure in failures_of(each, results[each.id])]
    for id, failure in failures:
        print(f"FAILED  {id}: {failure}")
    if len(results) < len(chosen_attacks):
        print(f"{TIME_OVER}: {len(results)} of the {len(chosen_attacks)} attacks were tried")
    failed = {id for id, _ in failures}
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not results else 0


def failures_of(each, row):
    """What a row must not say: that Caisson was escaped from, or nothing at all."""
    if not each.own and row["no sandbox"] in ("held", DID_NOT_RUN):
        yield "it does not work without a sandbox either, and so shows nothing"
    for title, cell in row.items():
        if title.startswith("caisson") and cell in ("ESCAPED", DID_NOT_RUN):
            yield f"{title}: {cell}"
    if all(cell == "-" for title, cell in row.items() if title.startswith("caisson")):
        yield "Caisson does not run here"


def table(columns, results):
    titles = [system.title for system in columns]
    yield f"Linux {platform.release()}, as {'root' if os.geteuid() == 0 else 'an ordinary user'}."
    yield ""
    yield "| | attack | seen outside when | " + " | ".join(titles) + " |"
    yield "|---|---|---|" + "---|" * len(titles)
    for each in wanted(argparse.Namespace(only=None)):
        if each.id in results:
            cells = ["**escaped**" if cell == "ESCAPED" else cell for cell in results[each.id].values()]
            title = each.title.replace("|", "\\|")
            yield f"| {each.id} | {title} | {each.seen} | " + " | ".join(cells) + " |"
    yield ""
    for system in columns:
        yield f"- {system.title}: {system.missing or system.settings}"


def write(chosen, columns, results):
    """On standard output, or between the two marks of a section of a document."""
    text = "\n".join(table(columns, results)) + "\n"
    if not chosen.document:
        print(text)
        return
    begin, end = (f"<!-- attacks {chosen.section}: {word} -->" for word in ("begin", "end"))
    with open(chosen.document, encoding="utf-8") as file:
        before, _, rest = file.read().partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{chosen.document}: the lines {begin} and {end} are missing")
    with open(chosen.document, "w", encoding="utf-8") as file:
        file.write(f"{before}{begin}\n\n{text}\n{end}{after}")


if __name__ == "__main__":
    sys.exit(main())
