"""Declares what a tap adds to a function of the standard library; `compiling` does it."""

TAP = "__rockproc__"
"""The constant that stands for the tap's module in woven code.

A global name would not do: when Python ends, modules are emptied, and finalizers that run later would find None.
"""


class Weave:
    """The statements and expressions to add to one function.

    before, after: a statement at the beginning, and at every normal end (whose value is a constant, if it has one).
    into: a variable that takes the value of each computed `return`; then `after` stands before these alone.
    failed: a statement when an exception leaves the function.
    inside: a statement at the beginning of its first `with` block.
    calls: replacements by the text of an expression in the source; `{}` is the original expression.
    statements: a statement to put before another one, by the text of that in the source; a `?` at its beginning means
    that not every version of Python has it.
    arguments: by the text of a called function, the position of an argument and the expression to put there.

    In statements and expressions `tap` is the tap's module, to which some names of the journal are added. A
    statement's errors are counted and not raised; the functions in `calls` must do that themselves. Exceptions of the
    program's signal handlers are raised, without a frame of ours in their tracebacks.
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
