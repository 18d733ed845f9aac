from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from typing import Any

from .refusal import Refusal

OWN_PARTS = {
    ".git", ".dvc", ".cellar", "__pycache__", ".ipynb_checkpoints", "site-packages", "dist-packages", "node_modules",
    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
}  # fmt: skip
SYSTEM = ("/usr", "/etc", "/proc", "/sys", "/dev", "/lib", "/lib64", "/bin", "/sbin", "/run", "/System", "/Library")


class Places:
    """Which paths count: those of the project, without caches, environments and Cellar's own files (N28)."""

    def __init__(self, folder: str, project: str, intermediate: list, declared: list) -> None:
        self.folder = folder
        self.root = project
        self.prefix = project + os.sep
        self.intermediate = intermediate
        self.declared = declared
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()}
        self.python = tuple(
            path.rstrip(os.sep) + os.sep
            for path in prefixes
            if path and not self.prefix.startswith(path.rstrip(os.sep) + os.sep)
        )
        temp = {tempfile.gettempdir(), os.path.realpath(tempfile.gettempdir())}
        self.temp = tuple(path + os.sep for path in temp if not self.prefix.startswith(path + os.sep))
        self.home = os.path.expanduser("~") + os.sep

    def absolute(self, name: Any) -> str | None:
        """Absolute path of what was opened; None for descriptors and odd names."""
        if isinstance(name, int) or name is None:
            return None
        path = os.fsdecode(name)
        if not path or path.startswith((":memory:", "file:")):
            return None
        path = os.path.abspath(path)
        if not path.startswith(self.prefix):
            real = os.path.realpath(path)
            if real.startswith(self.prefix):
                return real
        return path

    def inside(self, path: str) -> bool:
        """True for a file of the project that counts."""
        if not path.startswith(self.prefix) or path.startswith(self.python):
            return False
        return OWN_PARTS.isdisjoint(path[len(self.prefix) :].split(os.sep)) and not path.endswith(
            (".pyc", ".pyo", ".part")
        )

    def outside(self, path: str) -> bool:
        """True for data elsewhere on this machine: no part of Python, the system, or a program's settings."""
        if path.startswith(self.prefix) or path == self.root or path.startswith(self.python):
            return False
        if path.startswith(tuple(place + os.sep for place in SYSTEM)) or (self.temp and path.startswith(self.temp)):
            return False
        if not OWN_PARTS.isdisjoint(path.split(os.sep)):
            return False
        return not (path.startswith(self.home) and path[len(self.home) :].startswith("."))

    def is_declared(self, path: str) -> bool:
        """True if the path, or a folder above it, is a declared dep or out, or ignored by the user."""
        return any(path == known or path.startswith(known + os.sep) for known in self.declared)

    def check_intermediate(self, path: str) -> None:
        """Stop a run that reads what another stage writes without saying so (N28)."""
        if self.is_declared(path):
            return
        for known in self.intermediate:
            if path == known or path.startswith(known + os.sep):
                shown = self.relative(path)
                raise Refusal(
                    "E_UNDECLARED_INTERMEDIATE",
                    f"This stage reads {shown}, which another stage writes, but does not declare it.",
                    f"Add {shown} to the inputs of the stage",
                    {"path": shown, "fixes": ["add-dep"]},
                )

    def relative(self, path: str) -> str:
        """Project-relative path in POSIX form."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")

    def from_folder(self, path: str) -> str:
        """Path relative to the working directory in POSIX form."""
        return os.path.relpath(path, self.folder).replace(os.sep, "/")
