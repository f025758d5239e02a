"""Libraries that contain a copy or a variant of multiprocessing: which taps fit which of their modules.

Each copy has taps of its own, made from the same files (`taps.instance`): a tap remembers the module that it observes.
A file beside this one names, for one library:

MODULES: the tap of each module, by the module's name below the package; "" for a module that differs too much.
CHANGES: by the name of a module, the weaves that stand in the place of its tap's own; None for a function that it
does not have.
"""

ROOTS = {
    "multiprocess": "multiprocess",
    "billiard": "billiard",
    "loky": "loky",
    "joblib.externals.loky": "loky",
}
"""The file that describes each copy, by the name of the copy's package."""

PREFIXES = tuple(root + "." for root in ("multiprocessing", *ROOTS))
"""The beginnings of the names of modules of multiprocessing and its copies."""

NAMES = tuple(root.rpartition(".")[2] for root in ROOTS)
"""The names of other packages that contain such a copy, wherever they are (`sklearn.externals.loky`)."""


def root_of(name):
    """Return the package of the copy that a module belongs to, or ""."""
    return next((root for root in ROOTS if name.startswith(root + ".")), "")


def unknown_copy(name):
    """Return the package of a copy that is not described here, if a module is, by its name, a part of one; or ""."""
    package, _, part = name.rpartition(".")
    above, _, copy = package.rpartition(".")
    is_copy = part in _PARTS and copy in NAMES and above != "" and package not in ROOTS
    return package if is_copy and not above.startswith("_rockproc_probe") else ""


_PARTS = ("backend", "context")
"""Modules that a copy has, and another module of such a name (`uvicorn.supervisors.multiprocess`) has not."""


def description(root):
    """Return the module that describes a copy."""
    return __import__("%s.%s" % (__name__, ROOTS[root]), fromlist=["MODULES"])
