"""Counts test cases in JUnit files: prints `PASSED FAILED SKIPPED`. A file that is missing or damaged is one failure."""
import sys
import xml.etree.ElementTree


def count(path):
    passed = failed = skipped = 0
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(paths):
    totals = [0, 0, 0]
    for path in paths:
        try:
            figures = count(path)
        except (OSError, xml.etree.ElementTree.ParseError):
            figures = (0, 1, 0)
        totals = [total + figure for total, figure in zip(totals, figures)]
    print(*totals)


if __name__ == "__main__":
    main(sys.argv[1:])
