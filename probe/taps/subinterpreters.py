"""concurrent/interpreters/__init__.py: the interpreters that the program creates (CPython 3.14 and 3.15).

Code that runs in them is not observed: each has modules of its own, which are not woven. An `InterpreterPoolExecutor`
creates its interpreters by the same function.
"""

from .. import journal, records
from ..weave import Weave

WEAVES = {"create": Weave(statements={"return Interpreter(id, _ownsref=True)": "tap.created()"})}


def created():
    """Record an interpreter that has just been created."""
    journal.record(records.Subinterpreter())
