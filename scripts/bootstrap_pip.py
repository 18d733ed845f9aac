"""Gets pip for a Python that has no `ensurepip`: the newest wheel of the package index, checked against its hash."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

INDEX = "https://pypi.org/simple"
JSON = "application/vnd.pypi.simple.v1+json"


def fetch_pip(folder: Path) -> Path:
    """Puts the wheel of pip into `folder` and returns its path; a wheel of pip runs without being installed.

    Raises OSError when the index does not answer or what it sends is not what it promised.
    """
    address = f"{os.environ.get('PIP_INDEX_URL', INDEX).rstrip('/')}/pip/"
    with urlopen(Request(address, headers={"Accept": JSON}), timeout=60) as answer:
        listing = json.load(answer)
    wheels = [file for file in listing["files"] if file["filename"].endswith(".whl") and not file.get("yanked")]
    newest = max(wheels, key=lambda file: version_of(file["filename"]))
    with urlopen(urljoin(address, newest["url"]), timeout=60) as answer:
        body: bytes = answer.read()
    if hashlib.sha256(body).hexdigest() != newest["hashes"]["sha256"]:
        raise OSError(f"{newest['filename']} does not have the hash that the index promised")
    path = folder / newest["filename"]
    path.write_bytes(body)
    return path


def version_of(filename: str) -> tuple[int, ...]:
    """`pip-25.3-py3-none-any.whl` → (25, 3); pre-releases sort below everything."""
    parts = filename.split("-")[1].split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()
