"""Fixtures of the sandbox lane: the programs of $CAISSON_BIN, directories of the tests' own, and nothing left behind."""
from fixtures import base, caisson, policy, state  # noqa: F401
from onhost import ground, programs, tools  # noqa: F401


def pytest_configure(config):
    """What scripts/checks/clauses.py reads: the clauses of Tests/clauses.toml that a test proves."""
    config.addinivalue_line("markers", "claim(id, ...): the test proves this claim of SECURITY.md")
    config.addinivalue_line("markers", "clause(name, ...): the test proves that this clause is enforced")
    config.addinivalue_line("markers", "control(name, ...): the test shows that the attempt succeeds where only this clause is left out")
