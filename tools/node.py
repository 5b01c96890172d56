"""Where the npm tools are, and the environment that they run in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def node_tool(name: str) -> str:
    """The path of an npm tool that `make setup` installed; a clear end where it did not."""
    path = ROOT / "tools" / "node_modules" / ".bin" / name
    if not path.exists():
        raise SystemExit(f"`{name}` is not installed: run `make setup`")
    return str(path)


def node_environment() -> dict[str, str]:
    """The caller's environment with our Node first and Redocly's reports home switched off."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
        "REDOCLY_SUPPRESS_NOTIFICATIONS": "true",
        "NO_COLOR": "1",
    }
