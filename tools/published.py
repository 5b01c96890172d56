"""The released contracts on the site: a page and a file for each version, and a link to the newest.

    contract/1.0.0/                  the page of a version
    contract/1.0.0/openapi.yaml      its contract, as it was released
    contract/1.0.0/huawei-cloud/     the same of an edition
    contract/latest/                 what the newest version has, under an address that stays

Before the first release `latest` leads to the reference of the contract that will be the first.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tools import reference
from tools.diff.base import RELEASES, released, releases
from tools.documents import CONTRACT, as_yaml

FOLDER: Final = "contract"
LATEST: Final = "latest"
_ONWARD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The contract</title>
<meta http-equiv="refresh" content="0; url=../../reference/index.html">
<p>No version is released yet: <a href="../../reference/index.html">the current contract</a>.</p>
</html>
"""

_UNRELEASED: Final = """
## Before the first release

No version is released yet. The contract that will be the first is 1.0.0: its
[page](latest/index.html) and its [openapi.yaml](latest/openapi.yaml), under addresses that stay.
[Editions](../editions.md) are variants of it, such as `huawei-cloud`.
"""

Versions = Mapping[str, Sequence[str]]
"""The editions of each version on the site."""


def write(site: Path, *, folder: Path = RELEASES) -> Versions:
    """Writes the releases in `folder` below `site`; what is there then, the newest first."""
    versions: dict[str, list[str]] = {}
    for file in reversed(releases(folder)):
        home, contracts = site / FOLDER / file.stem, released(file)
        reference.write_contract(home, file.read_text("utf-8"), up="../../")
        for name, document in contracts.editions.items():
            reference.write_contract(home / name, as_yaml(document), up="../../../")
        versions[file.stem] = list(contracts.editions)
    latest = site / FOLDER / LATEST
    if versions:
        shutil.copytree(site / FOLDER / next(iter(versions)), latest)
    else:
        latest.mkdir(parents=True)
        (latest / "index.html").write_text(_ONWARD, "utf-8")
        shutil.copyfile(CONTRACT, latest / CONTRACT.name)
    return versions


def listing(versions: Versions) -> str:
    """The section about the versions that links to each of them, in Markdown."""
    if not versions:
        return _UNRELEASED
    lines = ["", "## The versions", "", "| version | page | file | editions |", "|---|---|---|---|"]
    newest = next(iter(versions.values()), ())
    for version, editions in {LATEST: newest, **versions}.items():
        links = ", ".join(f"[{name}]({version}/{name}/index.html)" for name in editions)
        page, file = f"[page]({version}/index.html)", f"[openapi.yaml]({version}/{CONTRACT.name})"
        lines.append(f"| {version} | {page} | {file} | {links} |")
    return "\n".join(lines) + "\n"
