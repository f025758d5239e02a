"""Compiles a standard module from its own source with the calls of our taps woven in.

The woven code has the module's file name, lines and columns, so a traceback through it is the same to the letter and
shows no frame of ours. Woven code is kept across runs.
"""

import marshal
import os
import sys

TAP = "__rockproc__"
"""The constant that stands for the tap's module in woven code. As a global name it would be None when Python ends.

At that time a module is emptied, and what finalizers still call of it must work as long as the standard one does.
"""


class Weave:
    """What to add to one function.

    before, after: a statement at the beginning, and at every normal end (whose value is a constant, if it has one).
    into: a variable that takes the value of each computed `return`; then `after` stands before these alone.
    failed: a statement when an exception leaves the function.
    inside: a statement at the beginning of its first `with` block.
    calls: expressions by the text of what stands in the source; `{}` is the original expression.
    statements: a statement put before the one whose text stands in the source; behind a `?` one that not every
    version of Python has.
    arguments: by the text of a called function, the position of an argument and the expression to put there.

    In statements and expressions `tap` is the tap's module, to which some names of the journal are added. A
    statement's errors are counted and go no further; what `calls` names has to see to that itself. What the program's
    signal handlers raise there goes on, without a frame of ours in its traceback.
    """

    def __init__(self, before="", after="", failed="", inside="", calls=None, statements=None, arguments=None, into=""):
        self.before = before
        self.after = after
        self.failed = failed
        self.into = into
        self.inside = inside
        self.calls = calls or {}
        self.statements = statements or {}
        self.arguments = arguments or {}


_NEEDED = ("_ast", "ast", "contextlib", "copy")


def _compiled(*arguments):
    """Compile with the standard library's own modules, and put them away again.

    The program may have modules with such names, and has its folder before the standard library's.
    """
    path = sys.path[:]
    before = {name: sys.modules.pop(name, None) for name in _NEEDED}
    standard = os.path.dirname(os.__file__)
    sys.path[:] = [each for each in path if each == standard or each.startswith(standard + os.sep + "lib-dynload")]
    try:
        from .compiling import weave_module

        return weave_module(*arguments)
    finally:
        sys.path[:] = path
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module


def woven_code(name, loader, filename, tap, folder):
    """The woven code of a module, from the store in `folder` or compiled now."""
    facts = map(os.stat, [filename, tap.__file__, os.path.join(os.path.dirname(__file__), "compiling.py")])
    stamp = [filename, *((each.st_mtime_ns, each.st_size) for each in facts)]
    store = os.path.join(folder, "%s-%s.%d.woven" % (name, sys.implementation.cache_tag, sys.flags.optimize))
    try:
        with open(store, "rb") as file:
            stored, code = marshal.load(file)
        if stored == stamp:
            return _filled(code, tap)
    except (OSError, EOFError, ValueError, TypeError):
        pass
    code = _compiled(loader.get_data(filename), filename, tap.WEAVES, getattr(tap, "CONSTANTS", None))
    partial = "%s.%d" % (store, os.getpid())
    try:
        with open(partial, "wb") as file:
            marshal.dump((stamp, code), file)
        os.rename(partial, store)
    except OSError:
        pass
    return _filled(code, tap)


def _filled(code, tap):
    """With the tap's module itself in the place of what stands for it."""
    constants = tuple(
        _filled(each, tap) if type(each) is type(code) else tap if each == TAP else each for each in code.co_consts
    )
    return code.replace(co_consts=constants)
