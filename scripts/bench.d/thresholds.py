"""The thresholds of `scripts/bench --check`, and what of the figures each is compared with."""
import tomllib
from dataclasses import dataclass

# What is measured for them: few rounds of what they need.
MEASURED = {
    "launch": ["launch.py", "--memory", "--rounds", "25", "--only", "bare|caisson|bubblewrap"],
    "rate": ["rate.py", "--memory", "--windows", "2", "--parallel", "1,8,64", "--only", "caisson run, policy default|bubblewrap"],
    "serving": ["tasks.py", "--part", "serving", "--check", "--rounds", "2"],
    "spool": ["tasks.py", "--part", "spool", "--check", "--rounds", "5"],
}


@dataclass
class Threshold:
    """A ratio that must be `most` at most, or `least` at least. `figure` is of `row`, the beginning of a row's title."""
    name: str
    part: str
    row: str
    figure: str
    why: str
    most: float = float("inf")
    least: float = float("-inf")

    def judge(self, found):
        """Whether it is kept, and what to say."""
        measured = found.get(self.part, {"failed": "it was not measured"})
        if "failed" in measured:
            return False, measured["failed"]
        rows = measured["rows"] if isinstance(measured, dict) else measured
        row = next((row for row in rows if row.get("title", row.get("what", "")).startswith(self.row)), None)
        if row is None or "missing" in row:
            return False, row["missing"] if row else f"nothing was measured that is called {self.row}"
        if self.part == "rate" and (errors := row["parallel"][self.figure]["errors"]):
            return False, f"{errors} launches failed: {row['parallel'][self.figure]['words']}"
        value = row["parallel"][self.figure]["to_bubblewrap"] if self.part == "rate" else row.get(self.figure)
        if value is None:
            return False, "there is nothing to compare it with: the peer is missing"
        bound = f"at most {self.most:g}" if self.most != float("inf") else f"at least {self.least:g}"
        return self.least <= value <= self.most, f"{value:.2f} ({bound})"


def read(path):
    with open(path, "rb") as file:
        tables = tomllib.load(file)["threshold"]
    return [Threshold(**table) for table in tables]
