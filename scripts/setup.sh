#!/bin/sh
# Makes the project's own environment (.venv, node_modules) with the first Python that is new enough.
set -eu
cd "$(dirname "$0")/.."

for python in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
  if command -v "$python" >/dev/null 2>&1 && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    exec "$python" scripts/setup.py "$@"
  fi
done
echo "Cellar needs Python 3.10 or newer and found none on PATH." >&2
echo "  Next: install one (Debian, Ubuntu: sudo apt install python3 python3-venv), or set PYTHON=/path/to/python3" >&2
exit 1
