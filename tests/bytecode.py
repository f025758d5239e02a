"""The folder in which the programs of the tests keep their compiled code."""

from __future__ import annotations

import os

FOLDER = "PYTHONPYCACHEPREFIX"


def bytecode_variables() -> dict[str, str]:
    """Return the variable for a program's environment: the folder that `conftest.py` chose, or that there is none.

    Either way no program writes compiled code beside its source.
    """
    return {FOLDER: os.environ[FOLDER]} if FOLDER in os.environ else {"PYTHONDONTWRITEBYTECODE": "1"}
