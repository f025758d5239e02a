"""Weaves taps into a module's source and compiles it. Needs `ast`, so it is only loaded where no woven code is kept."""

import ast
import copy

from .journal import RECURSION_ERROR_LIFTS_LIMIT
from .weave import TAP


def _at(node, anchor):
    """Set the position of every new node below `node` to that of `anchor`."""
    for child in ast.walk(node):
        if isinstance(child, (ast.expr, ast.stmt, ast.excepthandler)) and not hasattr(child, "lineno"):
            ast.copy_location(child, anchor)
    return node


def _bare(text):
    """Parse text without positions, which `_at` sets later."""
    tree = _Tap().visit(ast.parse(text))
    for node in ast.walk(tree):
        for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            node.__dict__.pop(field, None)
    return tree.body


class _Tap(ast.NodeTransformer):
    def visit_Name(self, node):
        return ast.copy_location(ast.Constant(TAP, kind=None), node) if node.id == "tap" else node


def _guarded(text, anchor, before=False):
    """Return a statement of a tap, whose own errors are counted and do not reach the program.

    before: the statement comes first in the function, so that an exception leaves nothing half done.
    """
    # At the limit there is no room for a call that would count it.
    deep = "pass"
    if before and RECURSION_ERROR_LIFTS_LIMIT:
        # What comes after is then not the first to meet the limit, when it is too late to raise.
        text, deep = "tap.NESTED == tap.NESTED_COPY\n    " + text, "raise"
    guard = (
        "try:\n    %s\n"
        "except RecursionError:\n    %s\n"
        "except BaseException:\n    if tap.is_from_program():\n        raise"
    )
    return [_at(statement, anchor) for statement in _bare(guard % (text, deep))]


class _Hole(ast.NodeTransformer):
    def __init__(self, filling):
        self.filling = filling

    def visit_Name(self, node):
        # A copy: the original may be wanted in more than one place.
        return copy.deepcopy(self.filling) if node.id == "__hole__" else node


class _Rewrite(ast.NodeTransformer):
    """Replaces expressions, and puts statements before others, within one function."""

    def __init__(self, weave):
        self.weave = weave
        self.calls = {ast.dump(ast.parse(text, mode="eval").body): (text, new) for text, new in weave.calls.items()}
        self.statements = {
            ast.dump(ast.parse(text.lstrip("?")).body[0]): (text, new) for text, new in weave.statements.items()
        }
        self.functions = {
            ast.dump(ast.parse(text, mode="eval").body): (text, new) for text, new in weave.arguments.items()
        }
        self.sought = {type(ast.parse(text, mode="eval").body) for text in weave.calls}
        self.met = set()
        self.woven = set()

    def visit(self, node):
        if type(node) in self.sought:
            found = self.calls.get(ast.dump(node))
            if found:
                text, new = found
                self._found(text, new)
                shell = _bare(new.replace("{}", "__hole__"))[0].value
                return _at(_Hole(node).visit(shell), node)
        if isinstance(node, ast.Call) and ast.dump(node.func) in self.functions:
            text, (position, new) = self.functions[ast.dump(node.func)]
            self._found(text, new)
            node.args[position] = _at(_bare(new)[0].value, node.args[position])
        node = self.generic_visit(node)
        if isinstance(node, ast.stmt):
            found = self.original.get(id(node))
            if found:
                text, new = found
                self._found(text, new)
                return [*_guarded(new, node), node]
        return node

    def _found(self, text, new):
        self.met.add(text)
        self.woven.add(new)

    def rewrite(self, statements):
        self.original = {
            id(node): self.statements[ast.dump(node)]
            for statement in statements
            for node in ast.walk(statement)
            if isinstance(node, ast.stmt) and ast.dump(node) in self.statements
        }
        result = []
        for statement in statements:
            new = self.visit(statement)
            result.extend(new if isinstance(new, list) else [new])
        expected = {*self.weave.calls, *self.weave.statements, *self.weave.arguments}
        missing = {text for text in expected if not text.startswith("?")} - self.met
        if missing:
            raise LookupError("not in the source: %s" % ", ".join(sorted(missing)))
        return result


class _Returns(ast.NodeTransformer):
    """Puts a statement before every `return` of a constant; or of what is computed, and put `into` a variable first."""

    def __init__(self, text, into):
        self.text = text
        self.into = into

    def visit_FunctionDef(self, node):
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef  # pyright: ignore[reportAssignmentType]

    def visit_Return(self, node):
        computed = not (node.value is None or isinstance(node.value, ast.Constant))
        if computed and not self.into:
            raise LookupError("`after` cannot follow the value of line %d" % node.lineno)
        if not computed:
            return node if self.into else [*_guarded(self.text, node), node]
        assignment, statement = _bare("%s = 0\nreturn %s" % (self.into, self.into))
        assignment.value = node.value
        return [_at(assignment, node), *_guarded(self.text, node), _at(statement, node)]


def _weave_function(node, weave):
    """Weave into one function definition; return the statements and expressions that have found their place.

    Raises:
        LookupError: the function does not contain what the weave expects.
    """
    body = node.body
    head = []
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        head, body = body[:1], body[1:]
    begin, end = body[0], body[-1]
    rewrite = _Rewrite(weave)
    body = rewrite.rewrite(body)
    if weave.inside:
        block = next((statement for statement in body if isinstance(statement, ast.With)), None)
        if block is None:
            raise LookupError("no `with` block")
        block.body[:0] = _guarded(weave.inside, block.body[0])
    if weave.after:
        rewritten = []
        for statement in body:
            new = _Returns(weave.after, weave.into).visit(statement)
            rewritten.extend(new if isinstance(new, list) else [new])
        body = rewritten
        if not isinstance(end, ast.Return):
            body.extend(_guarded(weave.after, end))
    if weave.failed or weave.calls or weave.into:
        shell = _bare("try:\n    pass\nexcept BaseException:\n    tap.remove_probe_frames()\n    raise")[0]
        _at(shell, begin)
        shell.body = body
        if weave.failed:
            shell.handlers[0].body[:0] = _guarded(weave.failed, begin)
        body = [shell]
    if weave.before:
        body = _guarded(weave.before, begin, before=True) + body
    node.body = head + body
    return rewrite.woven


def weave_module(source, filename, tap):
    """Compile a module with the weaves of `tap`, leaving out those that do not fit.

    tap: the tap's module. `WEAVES` has a `Weave` by the qualified name of each function; behind a `?` stands a function
    that not every version of Python has. `CONSTANTS` has, by the name of a function, changes of string constants that
    are assigned at the top of the module and that this function's weave relies on. `REQUIRED` has calls of the tap of
    which at least one must have found its place.

    Returns the code, and a list of (qualified name, reason) of what does not fit.
    """
    tree = ast.parse(source, filename)
    weaves = {name.lstrip("?"): woven for name, woven in tap.WEAVES.items()}
    problems = {name: "no such function" for name in tap.WEAVES if not name.startswith("?")}
    constants = getattr(tap, "CONSTANTS", {})
    woven = set()

    def walk(nodes, prefix):
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                walk(node.body, prefix + node.name + ".")
            elif isinstance(node, ast.FunctionDef):
                name = prefix + node.name
                if name in weaves:
                    # A function may be defined once for each platform: one definition that fits is enough.
                    trial = copy.deepcopy(node)
                    try:
                        found = _weave_function(trial, weaves[name])
                        if name in constants:
                            _change_constants(tree, constants[name])
                    except Exception as error:
                        if problems.get(name) != "":
                            problems[name] = "%s: %s" % (type(error).__name__, error)
                    else:
                        node.body = trial.body
                        problems[name] = ""
                        woven.update(found)
            elif isinstance(node, (ast.If, ast.Try)):
                walk(node.body, prefix)
                walk(node.orelse, prefix)

    walk(tree.body, "")
    for call in getattr(tap, "REQUIRED", ()):
        if not any(call in text for text in woven):
            problems[call] = "nowhere in the source"
    ast.fix_missing_locations(tree)
    failures = sorted((name, reason) for name, reason in problems.items() if reason)
    return compile(tree, filename, "exec", dont_inherit=True), failures


def _change_constants(tree, changes):
    """Replace the text of string constants: `changes` has a function from the old text to the new one for each name."""
    found = {  # type: dict[str, ast.Constant]
        node.targets[0].id: node.value  # pyright: ignore[reportAssignmentType]
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in changes
    }
    new = {name: change(found[name].value) for name, change in changes.items()}  # pyright: ignore[reportAttributeAccessIssue]
    for name, text in new.items():
        found[name].value = text  # pyright: ignore[reportAttributeAccessIssue]
