"""Numbers that stand in cells for names: of the methods that proxies call, and of the functions that pools run."""

from . import journal
from .layout import Kind

_numbers = {}
_journal = ""


def number_of(name):
    """The number that stands for a name in this process's journal, which is told of it once."""
    global _journal
    if _journal != journal.path:
        _numbers.clear()
        _journal = journal.path
    found = _numbers.get(name)
    if found is None:
        found = _numbers[name] = len(_numbers) + 1
        journal.write(Kind.METHOD, 0, found, 0, 0, name.encode("utf-8", "replace"))
    return found
