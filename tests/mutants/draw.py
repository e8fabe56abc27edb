"""Small wrong changes of the rules: of one comparison, word of logic, number, call, argument or entry of a table."""

from __future__ import annotations

import ast
import copy
import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeGuard

OTHER: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


class Mutant(NamedTuple):
    """`node` of `tree` becomes `new`; it stands in `function`, "" for a table of the module."""

    file: Path
    function: str
    tree: ast.Module
    node: ast.AST
    new: ast.AST

    @property
    def changed(self) -> ast.Module:
        changed = copy.deepcopy(self.tree, {id(self.node): self.new})
        return ast.fix_missing_locations(changed)

    @property
    def line(self) -> int:
        return int(getattr(self.node, "lineno", 0))

    @property
    def difference(self) -> tuple[str, str]:
        """What the changed lines say before and after."""
        before, after = (ast.unparse(tree).splitlines() for tree in (self.tree, self.changed))
        said = [line for line in difflib.ndiff(before, after) if line[:2] in ("- ", "+ ")]
        gone, come = ("\n".join(s[2:].strip() for s in said if s[0] == sign) for sign in "-+")
        return gone, come


def mutants(file: Path) -> Iterator[Mutant]:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    for function, part in _parts(tree):
        checks = {id(call.keywords[-1].value) for call in ast.walk(part) if _is_zip(call)}
        for node in ast.walk(part):
            if id(node) in checks:
                continue
            for new in _instead(node, in_table=not function):
                yield Mutant(file, function, tree, node, new)


def _is_zip(node: ast.AST) -> TypeGuard[ast.Call]:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "zip"
        and bool(node.keywords)
    )


def _parts(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Statements of functions and methods, and the values of the module's tables."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name, body=body):
                yield from ((name, statement) for statement in body)
            case ast.ClassDef(name=name, body=members):
                for one in members:
                    if isinstance(one, ast.FunctionDef):
                        yield from ((f"{name}.{one.name}", statement) for statement in one.body)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                yield "", value


def _instead(node: ast.AST, in_table: bool) -> Iterator[ast.AST]:
    """What could stand in the place of this node."""
    new = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[op]):
            new.ops = [OTHER[type(op)]()]
            yield new
        case ast.BoolOp(op=op):
            new.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield new
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)) | ast.Constant(value=float(value)):
            yield ast.Constant(value + 1)
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Call(func=ast.Name(id="TypeVar" | "zip")):
            pass  # for the types, or a check that they are of one length
        case ast.Call(keywords=[_, *_]):
            new.keywords = new.keywords[1:]
            yield new
        case ast.Dict(keys=keys, values=[_, _, *_] as said) if in_table:
            for index, here in enumerate(said):
                other = said[(index + 1) % len(said)]
                if ast.dump(other) != ast.dump(here):
                    yield ast.Dict(keys, [*said[:index], other, *said[index + 1 :]])
        case _:
            pass
