"""Where the snapshots are, and how JSON is written in them."""

from __future__ import annotations

import json
from typing import Final

from tools.documents import ROOT

FOLDER: Final = ROOT / "tests" / "snapshots"


def as_json(value: object) -> str:
    """Sorted and indented, so that a change is a short diff."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
