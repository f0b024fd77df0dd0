"""Checks relative links and anchors in Markdown files, whose names are read from standard input.

Links to other hosts are not followed. Prints each dead link as file:line.
"""
import functools
import os
import re
import sys
import urllib.parse

INLINE = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)")
REFERENCE = re.compile(r"\[(?:[^\[\]]+)\]\[([^\[\]]+)\]")
HTML = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"", re.I)
FENCE = re.compile(r"^ {0,3}(```+|~~~+)")


def prose(path):
    """Lines outside of code, with inline code blanked."""
    fence = None
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            mark = FENCE.match(line)
            if mark and (fence is None or mark[1].startswith(fence)):
                fence = mark[1] if fence is None else None
                continue
            if fence is None:
                yield number, line


@functools.cache
def anchors(path):
    """The anchors of a file's headings, as code hosts make them, and those that it names itself."""
    found, seen = set(), {}
    for _, line in prose(path):
        found.update(re.findall(r"<a\s+(?:name|id)=\"([^\"]+)\"", line))
        heading = re.match(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$", line)
        if not heading:
            continue
        text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
        slug = re.sub(r"[^\w\- ]", "", text.lower().replace("`", "")).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(slug if count == 0 else f"{slug}-{count}")
    return found


def complaint(path, link):
    """What is wrong with a link, or None."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", link, re.I):
        return None
    target, _, anchor = link.partition("#")
    target = urllib.parse.unquote(target)
    if target.startswith("/"):
        return "is absolute; write it relative to this file"
    file = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
    if file.startswith(".."):
        return "leaves the repository"
    if not os.path.exists(file):
        return f"leads to {file}, which does not exist"
    if anchor and file.endswith(".md") and anchor.lower() not in anchors(file):
        return f"leads to #{anchor}, which is no heading of {file}"
    return None


def look_at(path):
    defined, used = set(), []
    for number, line in prose(path):
        text = re.sub(r"`+[^`]*`+", "", line)
        definition = DEFINITION.match(line)
        if definition:
            defined.add(re.match(r"^ {0,3}\[([^\]]+)\]", line)[1].lower())
        links = [definition[1]] if definition else INLINE.findall(text) + HTML.findall(text)
        for link in links:
            wrong = complaint(path, link)
            if wrong:
                yield f"{path}:{number}: the link {link} {wrong}"
        used += [(number, name) for name in REFERENCE.findall(text)]
    for number, name in used:
        if name.lower() not in defined:
            yield f"{path}:{number}: the link [{name}] is defined nowhere in this file"


def main():
    failures = [failure for path in sys.stdin.read().split("\n") if path for failure in look_at(path)]
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
