from __future__ import annotations

import os
import platform
import re
import sys
import time
from typing import Any


def run_facts(started: float) -> dict[str, Any]:
    """What stays outside git (N45): time, memory, interpreter, platform, accelerator, versions of what was imported."""
    return {
        "seconds": round(time.perf_counter() - started, 3),
        "peak_memory": peak_memory(),
        "interpreter": sys.executable,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": f"{sys.platform}-{platform.machine()}",
        "accelerator": accelerator(),
        "distributions": distributions(),
    }


def peak_memory() -> int | None:
    """Largest resident size in bytes of this process or a child."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def accelerator() -> str | None:
    """Name of the accelerator that torch used, if it did."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        return cuda.get_device_name() if cuda is not None and cuda.is_initialized() else None
    except Exception:
        return None


def distributions() -> dict:
    """Name → version of the installed distributions of which a module is imported, from the names of their folders."""
    installed: dict = {}
    for folder in sys.path:
        if folder.endswith("-packages") and os.path.isdir(folder):
            for entry in os.listdir(folder):
                name, _, version = (
                    entry[: -len(".dist-info")].rpartition("-") if entry.endswith(".dist-info") else ("", "", "")
                )
                if name:
                    installed.setdefault(_normal(name), version)
    tops = {name.partition(".")[0] for name in list(sys.modules)}
    names = sorted({DISTRIBUTIONS.get(top, _normal(top)) for top in tops})
    return {name: installed[name] for name in names if name in installed}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


DISTRIBUTIONS = {
    "PIL": "pillow", "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil",
    "google": "protobuf", "jwt": "pyjwt", "mpl_toolkits": "matplotlib", "pkg_resources": "setuptools",
    "skimage": "scikit-image",    "sklearn": "scikit-learn", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip
"""Distributions whose name is not that of their module."""
