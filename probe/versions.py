"""Lists the versions of CPython on which the probe is tested: the one place that tests, reports and documents use.

Builds without a GIL count as untested, and have a `t` behind their version. What relies on the GIL there:

- `next(itertools.count())` numbers records and cells (`journal`, `cells`): 3.13 may give two threads the same number.
- Totals, the budget of records and the extent of the journal are read, changed and written back (`journal._grow`,
  `journal.affordable`): threads may overwrite each other's change, and too many or too few records are written.
- The shared cell of a Lock or a Value counts under that lock. A Value without a lock, and reads of a module's tables
  (`sites.file_numbers`, `tasks._workers`) while another thread changes them, rely on single operations being whole.
"""

import sys

TESTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")
OLDEST, NEWEST = TESTED[0], TESTED[-1]


def is_tested(version: str) -> bool:
    """Tell whether a version such as "3.14.1" belongs to a tested one. Others work as far as the taps fit them."""
    return ".".join(version.split(".")[:2]) in TESTED and not version.endswith("t")


def current() -> str:
    """Return the version of this interpreter."""
    is_gil_enabled = getattr(sys, "_is_gil_enabled", None)  # since 3.13
    gil = is_gil_enabled is None or is_gil_enabled()
    return "%d.%d.%d" % sys.version_info[:3] + ("" if gil else "t")
