from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ("pytest_jupyter.jupyter_server",)

STAND_IN = Path(__file__).parent / "stand_in.mjs"


@pytest.fixture
def jp_server_config(tmp_path: Path) -> dict[str, Any]:
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyterlab_cellar": True},
            "allow_unauthenticated_access": False,
        },
        "CellarExtension": {"bridge_path": str(STAND_IN)},
    }


@pytest.fixture
def extension(jp_serverapp: Any) -> Any:
    """The extension in the running server."""
    return next(iter(jp_serverapp.extension_manager.extension_apps["jupyterlab_cellar"]))
