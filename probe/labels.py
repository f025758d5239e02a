"""Assigns the numbers by which cells refer to names: of methods that proxies call, and functions that pools run."""

from . import journal, records

_numbers = {}
_journal = ""


def number_of(name):
    """Return the number that stands for a name in this process's journal. The first call for a name records both."""
    global _journal
    if _journal != journal.path:
        _numbers.clear()
        _journal = journal.path
    found = _numbers.get(name)
    if found is None:
        found = _numbers[name] = len(_numbers) + 1
        journal.record(records.Label(found, name))
    return found
