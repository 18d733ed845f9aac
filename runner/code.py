from __future__ import annotations
import __future__ as features

import ast
import inspect
import io
import tokenize
from typing import Any, Callable

UNTOLD = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
TASKS = {"create_task", "ensure_future", "get_running_loop"}


class Part:
    """A compiled part of a script: its statements, and its last expression if the value is to be shown."""

    def __init__(self, body: Any, last: Any, in_loop: bool) -> None:
        self.body, self.last, self.in_loop = body, last, in_loop


def future_flags(tree: ast.Module) -> int:
    """Compiler flags of the `from __future__` imports of the slice: they count for the blocks too."""
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for name in node.names:
                flags |= getattr(getattr(features, name.name, None), "compiler_flag", 0)
    return flags


def parse(text: str, first_line: int, path: str) -> ast.Module:
    """Parse part of a script; line numbers are those of the whole file."""
    return ast.parse("\n" * (first_line - 1) + text, path)


def compile_part(tree: ast.Module, text: str, path: str, flags: int, show: bool) -> Part:
    """Compile a part; with `show` its last expression is kept apart, unless a semicolon ends it."""
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    last = None
    statements = list(tree.body)
    if show and statements and isinstance(statements[-1], ast.Expr) and not ends_quietly(text):
        expression = ast.Expression(statements.pop().value)  # type: ignore[attr-defined]
        last = compile(expression, path, "eval", flags=flags, dont_inherit=True)
    body = compile(ast.Module(statements, []), path, "exec", flags=flags, dont_inherit=True)
    return Part(body, last, _starts_tasks(tree))


def compile_slice(tree: ast.Module, text: str, path: str, flags: int) -> list:
    """The slice as (line, part) for each statement, so that each can be timed; line 0 is one that is not to be told.

    It stays in one piece where pieces would mean something else: with tasks that run on, and with module annotations.
    """
    if _starts_tasks(tree) or any(isinstance(node, ast.AnnAssign) for node in tree.body):
        return [(0, compile_part(tree, text, path, flags, show=False))]
    return [
        (
            0 if isinstance(node, UNTOLD) else node.lineno,
            compile_part(ast.Module([node], []), text, path, flags, show=False),
        )
        for node in tree.body
    ]


def ends_quietly(text: str) -> bool:
    """True if the last token of a block is a semicolon."""
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in (
                tokenize.COMMENT,
                tokenize.NL,
                tokenize.NEWLINE,
                tokenize.ENDMARKER,
                tokenize.INDENT,
                tokenize.DEDENT,
            ):
                last = token.string
    except (tokenize.TokenError, IndentationError):
        return False
    return last == ";"


def _starts_tasks(tree: ast.Module) -> bool:
    """True if top-level code asks for the running loop, which a kernel has and a plain program has not."""
    pending: list = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if (isinstance(node, ast.Attribute) and node.attr in TASKS) or (
            isinstance(node, ast.Name) and node.id in TASKS
        ):
            return True
        pending.extend(ast.iter_child_nodes(node))
    return False


class Evaluator:
    """Runs compiled parts in one namespace, with one event loop for the whole stage (N41)."""

    def __init__(self, namespace: dict) -> None:
        self.namespace = namespace
        self.loop: Any = None

    def run(self, code: Part, show: Callable[[Any], None]) -> None:
        """Run the statements, then show the last expression's value."""
        if code.in_loop:
            self._loop().run_until_complete(self._inside(code, show))
            return
        self._evaluate(code.body)
        if code.last is not None:
            show(self._evaluate(code.last))

    async def _inside(self, code: Part, show: Callable[[Any], None]) -> None:
        for part in (code.body, code.last):
            if part is None:
                continue
            value = eval(part, self.namespace)
            if part.co_flags & inspect.CO_COROUTINE:
                value = await value
            if part is code.last:
                show(value)

    def _evaluate(self, part: Any) -> Any:
        value = eval(part, self.namespace)
        if part.co_flags & inspect.CO_COROUTINE:
            return self._loop().run_until_complete(value)
        return value

    def _loop(self) -> Any:
        if self.loop is None:
            import asyncio

            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        return self.loop

    def close(self) -> None:
        """Cancel what still waits and close the loop."""
        if self.loop is None:
            return
        import asyncio

        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
