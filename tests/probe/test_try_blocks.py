"""Functions of the probe that a signal must not interrupt before their `try` block."""

from __future__ import annotations

import json
import subprocess

from tests.probe.conftest import PROBE, python

LOOK = """
import dis, json, pathlib, sys

def functions(code):
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield constant
            yield from functions(constant)

found = []
for path in pathlib.Path(sys.argv[1]).rglob("*.py"):
    for code in functions(compile(path.read_text(), str(path), "exec")):
        names = [instruction.opname for instruction in dis.get_instructions(code)][:4]
        while names and names[0] == "EXTENDED_ARG":
            del names[0]
            if names and names[0] == "SETUP_FINALLY":
                found.append("%s:%s" % (path.name, code.co_name))
print(json.dumps(found))
"""


def test_a_try_block_at_the_beginning_of_a_function_is_short_enough() -> None:
    """CPython 3.8 and 3.9 look for signals before each instruction but SETUP_FINALLY, also as a function begins.

    A block of 256 bytes or more begins with EXTENDED_ARG instead, and a KeyboardInterrupt would show a frame of ours.
    """
    done = subprocess.run([python("3.8"), "-c", LOOK, str(PROBE)], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == []
