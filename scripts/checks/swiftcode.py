"""Swift text without its comments, for the checks that count or search code."""
import re

TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|#*""".*?"""#*|#+".*?"#+|"(?:\\.|[^"\\\n])*"', re.S)


def blank_comments(text, strings=False):
    """The text with comments (and, if asked, the contents of strings) blanked out; lines keep their numbers."""
    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return "\n" * token.count("\n")
        return '""' + "\n" * token.count("\n") if strings else token
    return TOKENS.sub(blank, text)


def code_lines(path):
    """How many lines are neither blank nor only comment."""
    with open(path, encoding="utf-8") as file:
        return sum(1 for line in blank_comments(file.read()).split("\n") if line.strip())
