"""Compares tests bare and observed: runs those that differ again, and writes the results into a table of a document."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Set
from dataclasses import dataclass, field
from pathlib import Path

REPETITIONS = 3


@dataclass
class Differences:
    """The tests whose outcome was another one under observation."""

    flaky: list[str] = field(default_factory=list)
    different: dict[str, str] = field(default_factory=dict)
    """The bare and the observed outcome of each test that differs."""

    def run_again(
        self, test: str, first: tuple[str, str], run: Callable[[bool], str], meaningless: Set[str] = frozenset()
    ) -> None:
        """Run a test by itself, bare and observed; what then agrees at least once was flaky.

        Args:
            test: its name.
            first: its outcomes in the passes, bare and observed.
            run: runs it by itself, observed or not, and returns its outcome.
            meaningless: outcomes that may be the same without any meaning.
        """
        bare, observed = ({run(is_observed) for _ in range(REPETITIONS)} for is_observed in (False, True))
        if bare & observed - meaningless:
            self.flaky.append(test)
        else:
            self.different[test] = f"{' → '.join(first)}; alone: {_text(bare)} → {_text(observed)}"

    def notes(self) -> list[str]:
        """Return a text for each test, as the table has them."""
        return [*(f"{name} ({outcome})" for name, outcome in self.different.items()),
                *(f"{name} (flaky)" for name in self.flaky)]  # fmt: skip

    def counts(self, tests: int) -> tuple[int, int, int]:
        """Return the numbers of all tests, of those that were the same, and of those that are different."""
        return tests, tests - len(self.different) - len(self.flaky), len(self.different)


def _text(outcomes: Set[str]) -> str:
    return " or ".join(sorted(outcomes))


def commit() -> str:
    """Return the last commit that changed the code under test; a `+` says that there are changes beside it."""
    root = Path(__file__).parent
    paths = [":/probe", ":/observer", ":/tui"]
    commands = (
        ["git", "log", "-1", "--format=%h", "--abbrev=9", "--", *paths],
        ["git", "status", "--porcelain", "--", *paths],
    )
    head, changes = (
        subprocess.run(command, cwd=root, capture_output=True, text=True, check=True) for command in commands
    )
    return head.stdout.strip() + ("+" if changes.stdout.strip() else "")


def write_row(document: Path, row: str, header: str, key: Callable[[str], tuple[int, ...]]) -> None:
    """Put a row into the table of the document, in the place of the one with the same key, and sort by keys."""
    before, found, rest = document.read_text().partition(header + "\n")
    if not found:
        raise SystemExit(f"{document} has no table with this header:\n{header}")
    lines = rest.splitlines()
    length = next((number for number, line in enumerate(lines) if not line.startswith("|")), len(lines))
    rows = {key(line): line for line in [*lines[:length], row]}
    table = [rows[each] for each in sorted(rows)]
    document.write_text("\n".join([before + header, *table, *lines[length:]]) + "\n")
