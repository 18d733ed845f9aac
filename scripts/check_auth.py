"""Fails when a route of the extension could be reached without Jupyter's own authentication."""

from __future__ import annotations

import sys
import tempfile
import warnings

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import JupyterServerAuthWarning


def unguarded() -> list[str]:
    """What Jupyter says about our handlers when it allows no access without a decorator that checks the user."""
    with warnings.catch_warnings(record=True) as caught, tempfile.TemporaryDirectory() as root:
        warnings.simplefilter("always")
        app = ServerApp(
            allow_unauthenticated_access=False,
            reraise_server_extension_failures=True,
            open_browser=False,
            port=0,
            root_dir=root,
            allow_root=True,
            jpserver_extensions={"jupyterlab_cellar": True},
        )
        # Only ours: the terminals extension has a finding of its own.
        app.initialize(argv=[], find_extensions=False)
    return [str(warning.message) for warning in caught if issubclass(warning.category, JupyterServerAuthWarning)]


if __name__ == "__main__":
    found = unguarded()
    for line in found:
        print(line, file=sys.stderr)
    print("check_auth: every route asks who is there" if not found else "check_auth: routes without a guard")
    raise SystemExit(bool(found))
