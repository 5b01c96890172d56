"""Where the file of profiles is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def profiles_file(environment: Mapping[str, str]) -> Path:
    """`DRS_PROFILES`, else a file in `XDG_CONFIG_HOME`, else in `~/.config`.

    `RuntimeError` if there is no home: neither `HOME` nor one of this user id, as in some
    containers.
    """
    if environment.get("DRS_PROFILES"):
        return Path(environment["DRS_PROFILES"])
    config = environment.get("XDG_CONFIG_HOME")
    base = Path(config) if config else Path.home() / ".config"
    return base / "drs-sync-policy" / "profiles.toml"
