from __future__ import annotations

import platform
import sys
import time
from typing import Any


def run_facts(started: float) -> dict[str, Any]:
    """What stays outside git (N45): seconds, peak memory, interpreter, platform, accelerator, versions of what was imported."""
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
    """Name → version of the installed distributions of which a module is imported."""
    from importlib import metadata

    tops = {name.partition(".")[0] for name in list(sys.modules)} - set(getattr(sys, "stdlib_module_names", ()))
    installed = [top for top in tops if "site-packages" in (getattr(sys.modules.get(top), "__file__", None) or "")]
    found: dict = {}
    unknown = []
    for top in sorted(installed):
        try:
            found[metadata.metadata(top)["Name"]] = metadata.version(top)
        except Exception:
            unknown.append(top)
    owners = getattr(metadata, "packages_distributions", dict)() if unknown else {}
    for top in unknown:
        for name in owners.get(top, ())[:1]:
            found[name] = metadata.version(name)
    return dict(sorted(found.items()))
