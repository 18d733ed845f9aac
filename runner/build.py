"""Join the sources of the runner into one file, the same bytes every time (N41).

Use: `python runner/build.py [--check | --publish]`.

The last entry of `published.json` is the file in `dist`; `--publish` keeps it for good and begins a new one.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
BUILT = FOLDER / "dist" / "run.py"
PUBLISHED = FOLDER / "published.json"
LAST = "main"
TITLE = '''"""Cellar's runner: `python .cellar/run.py SCRIPT` runs a stage script, with the standard library alone.

Copied here by Cellar and used by plain `dvc repro` too. Built from the runner's sources; do not edit.
"""
'''
TAIL = """

if __name__ in ("__main__", "__mp_main__"):
    start(__name__, os.path.abspath(__file__), sys._getframe().f_code, globals())
"""


def main() -> int:
    text = join()
    if "--check" in sys.argv[1:]:
        if not BUILT.exists() or BUILT.read_text("utf-8") != text or digest(text) != published()[-1]:
            sys.stderr.write("runner/dist/run.py is not what the sources make: python runner/build.py\n")
            return 1
        return 0
    BUILT.parent.mkdir(exist_ok=True)
    write(BUILT, text)
    kept = [
        known for known in (published() if "--publish" in sys.argv[1:] else published()[:-1]) if known != digest(text)
    ]
    write(PUBLISHED, json.dumps({"v": 1, "sha256": [*kept, digest(text)]}, indent=1) + "\n")
    return 0


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def published() -> list[str]:
    """SHA-256 of every version of the runner that may run (N47), oldest first."""
    return json.loads(PUBLISHED.read_text("utf-8"))["sha256"] if PUBLISHED.exists() else []


def join() -> str:
    """Text of the joined file: one block of imports, then the modules, each after those that it imports."""
    imports: set[str] = set()
    bodies: list[str] = []
    owners: dict[str, str] = {}
    for name in order():
        source = (FOLDER / f"{name}.py").read_text("utf-8")
        tree = ast.parse(source)
        drop: set[int] = set()
        for node in tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                drop.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
                imports.update(import_lines(node))
            for owned in bound_names(node):
                if owners.setdefault(owned, name) != name:
                    raise SystemExit(f"{owned} is defined in {owners[owned]}.py and in {name}.py")
        lines = [line for number, line in enumerate(source.split("\n"), 1) if number not in drop]
        bodies.append(f"# {name}.py\n\n\n" + "\n".join(lines).strip("\n") + "\n")
    clash = {line.split()[-1] for line in imports} & set(owners)
    if clash:
        raise SystemExit(f"imported and defined: {', '.join(sorted(clash))}")
    head = "from __future__ import annotations\n\n" + "\n".join(sorted(imports, key=import_order)) + "\n\n"
    return TITLE + head + "\n\n".join(bodies) + TAIL


def order() -> list[str]:
    """Names of the modules, each after those that it imports."""
    needs = {
        path.stem: sorted(
            node.module
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        )
        for path in sorted(FOLDER.glob("*.py"))
        if path.stem not in ("build", "__init__")
    }
    done: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise SystemExit(f"import cycle: {' -> '.join((*above, name))}")
        if name not in done:
            for other in needs[name]:
                visit(other, (*above, name))
            done.append(name)

    for name in [*(name for name in needs if name != LAST), LAST]:
        visit(name, ())
    return done


def import_lines(node: ast.Import | ast.ImportFrom) -> list[str]:
    """One line for each imported name; imports of the runner's own modules vanish."""
    if isinstance(node, ast.Import):
        return [f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "") for alias in node.names]
    if node.level:
        if any(alias.asname for alias in node.names):
            raise SystemExit(f"an own import under another name: {ast.unparse(node)}")
        return []
    if node.module == "__future__":
        return []
    return [
        f"from {node.module} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
        for alias in node.names
    ]


def import_order(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


def bound_names(node: ast.stmt) -> list[str]:
    """Names that a top-level statement of a module defines."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


if __name__ == "__main__":
    sys.exit(main())
