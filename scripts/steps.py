"""The steps of `make test`: what each runs, and how many tests its own report says passed, failed and were skipped."""

from __future__ import annotations

import json
import os
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "reports"


@dataclass(frozen=True)
class Counts:
    """What a step's own report says: how many, and the names of those that failed, as far as it has them."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    names: tuple[str, ...] = ()

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.names + other.names,
        )


def as_one(code: int, _: Path) -> Counts:
    """A command without a report is one check."""
    return Counts(passed=1) if code == 0 else Counts(failed=1)


def of_vitest(code: int, report: Path) -> Counts:
    found = json.loads(report.read_text())
    # A file that cannot be loaded fails as a suite and has no tests to count.
    broken = [
        file["name"] for file in found["testResults"] if file["status"] == "failed" and not file["assertionResults"]
    ]
    failed = [
        f"{os.path.relpath(file['name'], ROOT)} › {test['fullName']}"
        for file in found["testResults"]
        for test in file["assertionResults"]
        if test["status"] == "failed"
    ]
    return Counts(
        found["numPassedTests"],
        found["numFailedTests"] + len(broken),
        found["numPendingTests"] + found.get("numTodoTests", 0),
        (*(os.path.relpath(name, ROOT) for name in broken), *failed),
    )


def of_pytest(code: int, report: Path) -> Counts:
    total = failed = skipped = 0
    root = ElementTree.parse(report).getroot()
    for suite in root.iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    names = tuple(
        f"{case.get('classname')}::{case.get('name')}"
        for case in root.iter("testcase")
        if case.find("failure") is not None or case.find("error") is not None
    )
    return Counts(total - failed - skipped, failed, skipped, names)


def failed_specs(suites: list[dict[str, Any]]) -> Iterator[str]:
    for suite in suites:
        yield from (f"{spec['file']} › {spec['title']}" for spec in suite.get("specs", []) if not spec["ok"])
        yield from failed_specs(suite.get("suites", []))


def of_playwright(code: int, report: Path) -> Counts:
    found = json.loads(report.read_text())
    stats = found["stats"]
    # Errors outside of a test (no browser, no server) are in no statistic.
    failed = stats["unexpected"] + stats["flaky"] + len(found["errors"])
    return Counts(stats["expected"], failed, stats["skipped"], tuple(failed_specs(found["suites"])))


@dataclass(frozen=True)
class Step:
    """One command; `{report}` in it is the file that `counts` reads afterwards."""

    name: str
    argv: tuple[str, ...]
    counts: Callable[[int, Path], Counts] = as_one
    folder: str = "."
    env: dict[str, str] = field(default_factory=dict)
    # It keeps one core busy at most: another such step may run at the same time.
    single: bool = False

    def run(self, output: IO[str] | None = None) -> Counts:
        """Runs the command; its output goes to the terminal or to `output`. Without a readable report: one failure."""
        report = REPORTS / f"{self.name.replace(' ', '-')}.report"
        report.unlink(missing_ok=True)
        argv = [word.replace("{report}", str(report)) for word in self.argv]
        env = {**os.environ, **{name: value.replace("{report}", str(report)) for name, value in self.env.items()}}
        code = subprocess.run(
            argv, cwd=ROOT / self.folder, env=env, check=False, stdout=output, stderr=output and subprocess.STDOUT
        ).returncode
        try:
            found = self.counts(code, report)
        except (OSError, ValueError, KeyError, ElementTree.ParseError):
            found = Counts(failed=1)
        return found if code == 0 or found.failed else found + Counts(failed=1)


VITEST = ("npx", "vitest", "run", "--reporter=default", "--reporter=json", "--outputFile.json={report}")
PYTEST = ("python", "-m", "pytest", "-q", "--junitxml={report}")

# Locks, links and watching are all that the native helpers do. The quick suite runs once more what goes through them,
# the deep one everything; only the tests of the native calls themselves have nothing to call.
ROOMS_WITH_NATIVE = ("store", "workspace/checkout", "workspace/gitfiles", "cli", "run", "service/wire")
WITHOUT_NATIVE = (
    ("server-bridge/tests", "--exclude=server-bridge/tests/io/**")
    if os.environ.get("CELLAR_DEEP") == "1"
    else tuple(f"server-bridge/tests/{room}" for room in ROOMS_WITH_NATIVE)
)

STEPS = (
    Step("eslint", ("npx", "eslint", ".", "--cache", "--max-warnings=0"), single=True),
    Step("prettier", ("npx", "prettier", "--check", "--log-level=warn", "."), single=True),
    Step("stylelint", ("npx", "stylelint", "style/**/*.css"), single=True),
    Step("ruff", ("ruff", "check", "--quiet"), single=True),
    Step("ruff format", ("ruff", "format", "--check", "--quiet"), single=True),
    Step("mypy", ("mypy", "--no-error-summary"), single=True),
    Step("types of the browser", ("npx", "tsc", "-b"), single=True),
    Step("types of the bridge", ("npx", "tsc", "-p", "server-bridge", "--noEmit"), single=True),
    Step("types of browser tests", ("npx", "tsc", "-p", "src/__tests__"), single=True),
    Step("types of ui tests", ("npx", "tsc", "-p", "ui-tests"), single=True),
    Step("pytest", (*PYTEST, "jupyterlab_cellar/tests", "runner/tests"), of_pytest, single=True),
    Step("wheel", ("python", "scripts/wheel.py")),
    Step("wheel in a fresh environment", (*PYTEST, "scripts/tests"), of_pytest, single=True),
    Step("check_auth", ("python", "scripts/check_auth.py"), single=True),
    Step("vitest", VITEST, of_vitest),
    Step("vitest without native helpers", (*VITEST, *WITHOUT_NATIVE), of_vitest, env={"CELLAR_NO_NATIVE": "1"}),
    Step(
        "browser",
        ("npx", "playwright", "test", "--reporter=list,json"),
        of_playwright,
        folder="ui-tests",
        env={"PLAYWRIGHT_JSON_OUTPUT_NAME": "{report}"},
    ),
)
