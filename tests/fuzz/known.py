"""A fault, and runs for its rule that end at the first violation."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from drs_sync_policy import sandbox
from drs_sync_policy.cli import main

FAULT = "put-is-post"


RULE = "other-methods-are-refused"


OTHER = "foreign-project-is-refused"


_ONLY = ("--rule", RULE, "--rule", OTHER)


@contextmanager
def profile_of(path: Path, *faults: str) -> Generator[Path]:
    """The profile, in `path`, of a sandbox with these faults."""
    with sandbox.running(faults=faults) as served:
        profile = sandbox.target_profile(served.url, tenants=served.tenants)
        path.write_text(sandbox.to_toml(profile), "utf-8")
        yield path


def fuzz(target: Path, *arguments: str) -> Result:
    """A run that ends at the first violation."""
    command = ["fuzz", "--target", str(target), "--budget", "0", "--fail-fast"]
    return CliRunner().invoke(main, [*command, *(arguments or ()), *_ONLY])
