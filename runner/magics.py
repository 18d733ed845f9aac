from __future__ import annotations

import ast
import atexit
import builtins
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from .display import Display
from .refusal import Refusal

MAGIC_LINE = re.compile(r"^\s*(?:[%!]|[\w.,\s]+=\s*[%!])", re.M)


def has_magic(text: str) -> bool:
    """True if a part of a script is no Python because of a magic or a shell line."""
    if not MAGIC_LINE.search(text):
        return False
    try:
        ast.parse(text)
    except SyntaxError:
        return True
    return False


def transform(text: str) -> str:
    """Turn magics and shell lines into calls, as IPython does; line numbers stay, but for cell magics."""
    if not has_magic(text):
        return text
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(text)


def load_magics(module: Any, display: Display) -> None:
    """Load IPython, only to run magics (N43): no history, no profile, output through this stage."""
    try:
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config
    except ImportError:
        raise Refusal(
            "E_NO_IPYTHON",
            "The stage uses a magic or a shell line, and IPython, which runs it, is not installed for this Python.",
            "pip install ipython",
            {"package": "ipython", "interpreter": sys.executable},
        ) from None
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.cache_size = 0
    config.InteractiveShell.colors = "nocolor"
    hooks = (sys.displayhook, sys.excepthook)
    folder = tempfile.mkdtemp(prefix="cellar-ipython-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shell = InteractiveShell.instance(config=config, ipython_dir=folder, user_module=module, user_ns=module.__dict__)
    sys.displayhook, sys.excepthook = hooks
    shell.display_pub.publish = display.publish
    shell.system = shell.system_raw = lambda command: _run_shell(shell, command)
    shell.showtraceback = _raise
    builtins.get_ipython = lambda: shell  # type: ignore[attr-defined]


def _run_shell(shell: Any, command: str) -> None:
    shell.user_ns["_exit_code"] = subprocess.run(shell.var_expand(command, depth=2), shell=True).returncode


def _raise(*args: Any, **kwargs: Any) -> None:
    """A magic that fails must fail the stage."""
    error = sys.exc_info()[1]
    if error is not None:
        raise error
