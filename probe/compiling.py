"""Weaves taps into a module's source and compiles it. Needs `ast`, so it is only loaded where no woven code is kept."""

import ast
import copy

from .journal import STICKY
from .weave import TAP


def _at(node, anchor):
    """Give every new node below `node` the place of `anchor`."""
    for each in ast.walk(node):
        if isinstance(each, (ast.expr, ast.stmt, ast.excepthandler)) and not hasattr(each, "lineno"):
            ast.copy_location(each, anchor)
    return node


def _bare(text):
    """Parse, without places, so that `_at` gives them."""
    tree = _Tap().visit(ast.parse(text))
    for each in ast.walk(tree):
        for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            each.__dict__.pop(field, None)
    return tree.body


class _Tap(ast.NodeTransformer):
    def visit_Name(self, node):
        return ast.copy_location(ast.Constant(TAP, kind=None), node) if node.id == "tap" else node


def _guarded(text, anchor, before=False):
    """before: it stands before what the function is for, so that an exception leaves nothing half done."""
    # At the limit there is no room for a call that would count it.
    deep = "pass"
    if before and STICKY:
        # What comes after is then not the first to meet the limit, when it is too late to raise.
        text, deep = "tap.ROOM == tap.AS_MUCH\n    " + text, "raise"
    guard = "try:\n    %s\nexcept RecursionError:\n    %s\nexcept BaseException:\n    if tap.theirs():\n        raise"
    return [_at(each, anchor) for each in _bare(guard % (text, deep))]


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

    def visit(self, node):
        if type(node) in self.sought:
            found = self.calls.get(ast.dump(node))
            if found:
                text, new = found
                self.met.add(text)
                shell = _bare(new.replace("{}", "__hole__"))[0].value
                return _at(_Hole(node).visit(shell), node)
        if isinstance(node, ast.Call) and ast.dump(node.func) in self.functions:
            text, (position, new) = self.functions[ast.dump(node.func)]
            self.met.add(text)
            node.args[position] = _at(_bare(new)[0].value, node.args[position])
        node = self.generic_visit(node)
        if isinstance(node, ast.stmt):
            found = self.original.get(id(node))
            if found:
                text, new = found
                self.met.add(text)
                return [*_guarded(new, node), node]
        return node

    def rewrite(self, statements):
        self.original = {
            id(each): self.statements[ast.dump(each)]
            for statement in statements
            for each in ast.walk(statement)
            if isinstance(each, ast.stmt) and ast.dump(each) in self.statements
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

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_Return(self, node):
        computed = not (node.value is None or isinstance(node.value, ast.Constant))
        if computed and not self.into:
            raise LookupError("`after` cannot follow the value of line %d" % node.lineno)
        if not computed:
            return node if self.into else [*_guarded(self.text, node), node]
        taken, given = _bare("%s = 0\nreturn %s" % (self.into, self.into))
        taken.value = node.value
        return [_at(taken, node), *_guarded(self.text, node), _at(given, node)]


def _weave_function(node, weave):
    body = node.body
    head = []
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        head, body = body[:1], body[1:]
    begin, end = body[0], body[-1]
    body = _Rewrite(weave).rewrite(body)
    if weave.inside:
        block = next(each for each in body if isinstance(each, ast.With))
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
        shell = _bare("try:\n    pass\nexcept BaseException:\n    tap.cut()\n    raise")[0]
        _at(shell, begin)
        shell.body = body
        if weave.failed:
            shell.handlers[0].body[:0] = _guarded(weave.failed, begin)
        body = [shell]
    if weave.before:
        body = _guarded(weave.before, begin, before=True) + body
    node.body = head + body


def weave_module(source, filename, weaves, constants=None):
    """The module's code with every weave in its place; raises LookupError when one does not fit the source.

    weaves: by qualified name, behind a `?` where not every version of Python has that. constants: new values of string
    constants that are assigned at the top, by name.
    """
    tree = ast.parse(source, filename)
    problems = {name: "is not in the source" for name in weaves if not name.startswith("?")}
    weaves = {name.lstrip("?"): each for name, each in weaves.items()}

    def walk(nodes, prefix):
        for node in nodes:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                name = prefix + node.name
                if isinstance(node, ast.ClassDef):
                    walk(node.body, name + ".")
                elif name in weaves:
                    # A function may be defined once for each platform: the one that fits is the one that is meant.
                    trial = copy.deepcopy(node)
                    try:
                        _weave_function(trial, weaves[name])
                    except LookupError as error:
                        problems[name] = problems.get(name, "?") and str(error)
                    else:
                        node.body = trial.body
                        problems[name] = ""
            elif isinstance(node, (ast.If, ast.Try)):
                walk(node.body, prefix)
                walk(node.orelse, prefix)
            elif isinstance(node, ast.Assign) and constants and isinstance(node.targets[0], ast.Name):
                change = constants.get(node.targets[0].id)
                if change is not None:
                    node.value.value = change(node.value.value)

    walk(tree.body, "")
    if any(problems.values()):
        raise LookupError("; ".join("%s: %s" % each for each in sorted(problems.items()) if each[1]))
    ast.fix_missing_locations(tree)
    return compile(tree, filename, "exec", dont_inherit=True)
