"""Attacks each sandbox and judges from outside; prints a table. `scripts/attack --help` says how it is called."""
import argparse
import os
import platform
import re
import signal
import sys
import time

import escapes  # noqa: F401
import gate  # noqa: F401
import resources  # noqa: F401
import supervisor  # noqa: F401
import systems
from ground import ATTACKS, Place
from systems import NotApplicable, NotRun

ESCAPED, HELD, PARTLY, DID_NOT_RUN, TIME_OVER = "**escaped**", "held", "works in part", "did not run", "time was over"
# What a policy opens on purpose, and says so: `caisson policy explain` calls it arbitrary_code.
OPENED = {("B8", "caisson build", systems.FROM_WORKSPACE): "from memory held; from the workspace opened by `files.execute`",
          ("B8", "caisson open", systems.FROM_MEMORY): "from the workspace held; from memory opened by `commands.allow_all`"}


def options():
    parser = argparse.ArgumentParser(prog="scripts/attack", add_help=False)
    for name in ["release", "bubblewrap", "nsjail", "sandlock", "probe", "policies", "document", "section"]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--only", action="append", help="an attack, or with a letter alone a class; may be given more than once")
    parser.add_argument("--columns", help="the control, and of Caisson's policies and its peers these, with commas between them")
    parser.add_argument("--seconds", type=float, help="what is not tried by then says so")
    return parser.parse_args()


def judge(place, system, each, lacking):
    """What stands in the cell: whether it was held, or why nothing can be said."""
    if system.missing or (each.own and system.title == "no sandbox"):
        return "-"
    place.fresh(system)
    try:
        found = each.attempt(place, system)
    except NotApplicable as reason:
        return str(reason)
    except NotRun as reason:
        note(each, system, f"{DID_NOT_RUN}: {reason}")
        return DID_NOT_RUN
    ways = found if isinstance(found, dict) else {"it": found}
    if system.title == "no sandbox":
        lacking[each.id] = [way for way, seen in ways.items() if seen is None]
    return verdict(each, system, ways)


def verdict(each, system, ways):
    seen = [way for way, was in ways.items() if was]
    dead = [way for way, was in ways.items() if was is False]
    if system.title == "no sandbox":
        if dead:
            note(each, system, f"nothing is seen of: {', '.join(dead)}")
        return PARTLY if seen and dead else ESCAPED if seen else HELD
    opened = [OPENED.get((each.id, system.title, way)) for way in seen]
    if seen and not all(opened):
        note(each, system, f"escaped by: {', '.join(seen)}")
    return (opened[0] if all(opened) else ESCAPED) if seen else HELD


def note(each, system, text):
    print(f"{each.id:4} {system.title}: {text}", file=sys.stderr, flush=True)


def wanted(chosen):
    """In the order of their ids."""
    found = [each for each in ATTACKS if not chosen.only or each.id in chosen.only or each.id[0] in chosen.only]
    return sorted(found, key=lambda each: (each.id[0], int("".join(filter(str.isdigit, each.id)) or 0)))


def leave(number, _):
    """What is under way is ended, and its directories are removed, by every `finally` on the way out; a second signal does not hurry it."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def main():
    chosen = options()
    os.umask(0o022)
    for each in SIGNALS:
        signal.signal(each, leave)
    ends = time.monotonic() + chosen.seconds if chosen.seconds else float("inf")
    results, lacking, chosen_attacks = {}, {}, wanted(chosen)
    place = Place(chosen)
    try:
        columns = systems.all_of_them(chosen, place)
        for each in chosen_attacks:
            if time.monotonic() > ends:
                break
            began = time.monotonic()
            results[each.id] = {system.title: judge(place, system, each, lacking) for system in columns}
            print(f"{each.id:4} {time.monotonic() - began:5.1f} s  {each.title}: escaped: "
                  + ", ".join(title for title, cell in results[each.id].items() if cell == ESCAPED), file=sys.stderr, flush=True)
    finally:
        place.close()
    write(chosen, columns, results, lacking)
    failures = [("columns", failure) for failure in missing_columns(chosen, columns)]
    failures += [(each.id, failure) for each in chosen_attacks if each.id in results for failure in failures_of(each, results[each.id])]
    for id, failure in failures:
        print(f"FAILED  {id}: {failure}")
    if len(results) < len(chosen_attacks):
        print(f"{TIME_OVER}: {len(results)} of the {len(chosen_attacks)} attacks were tried")
    failed = {id for id, _ in failures}
    print(f"{len(results) - len(failed - {'columns'})} passed, {len(failed)} failed")
    return 1 if failed or not results else 0


def missing_columns(chosen, columns):
    """Each of Caisson must be there, but for `hardened` on a host that lacks its layers; and each that was asked for."""
    for system in columns:
        excused = not system.base or system.base == "hardened" and 'the layer "' in (system.missing or "")
        if system.missing and (chosen.columns or not excused):
            yield f"{system.title}: {system.missing}"


def failures_of(each, row):
    """What a row must not say: that Caisson was escaped from, or that nothing was shown."""
    if not each.own and row["no sandbox"] in (HELD, PARTLY, DID_NOT_RUN):
        yield f"no sandbox: {row['no sandbox']}: what does not work there shows nothing"
    for title, cell in row.items():
        if title.startswith("caisson") and cell in (ESCAPED, DID_NOT_RUN):
            yield f"{title}: {cell}"
    if all(cell == "-" for title, cell in row.items() if title.startswith("caisson")):
        yield "Caisson does not run here"


def table(columns, results, lacking):
    titles = [system.title for system in columns]
    kernel = re.match(r"[0-9.]*[0-9]", platform.release())[0]
    yield f"Linux {kernel}, as {'root' if os.geteuid() == 0 else 'an ordinary user'}."
    yield ""
    yield "| | attack | seen outside when | " + " | ".join(titles) + " |"
    yield "|---|---|---|" + "---|" * len(titles)
    for each in wanted(argparse.Namespace(only=None)):
        if each.id in results:
            title = each.title.replace("|", "\\|")
            yield f"| {each.id} | {title} | {each.seen} | " + " | ".join(results[each.id].values()) + " |"
    yield ""
    for system in columns:
        yield f"- {system.title}: {system.missing or system.settings}"
    yield f"- {systems.ADDED}"
    absent = [f"{id} {', '.join(f'`{way}`' for way in ways)}" for id, ways in lacking.items() if ways]
    if absent:
        yield f"- ways that are not there on this host, or not for this user, and were not tried: {'; '.join(absent)}"


def write(chosen, columns, results, lacking):
    """On standard output, or between the two marks of a section of a document."""
    text = "\n".join(table(columns, results, lacking)) + "\n"
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
