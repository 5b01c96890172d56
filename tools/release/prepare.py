"""A release made ready: changelog, released contract, artifacts and commit. Nothing leaves.

python -m tools.release.prepare VERSION [--date YYYY-MM-DD]
python -m tools.release.prepare TAG --check-tag     whether TAG is that of pyproject.toml
python -m tools.release.prepare VERSION --tag       after the artifacts were tried and audited

VERSION is that of the package. The contract is released with it where its `info.version` was not
released before: it is copied to docs/contract/, and what changed since the last one goes into the
changelog's "Contract" section. All checks come first; a failure leaves the tree as it was.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.diff.__main__ import report_since
from tools.diff.base import RELEASES, last_release, working_tree
from tools.diff.change import version_tuple
from tools.diff.python_api import breaking_since
from tools.diff.report import changelog, verdict
from tools.documents import CONTRACT, ROOT, read_document
from tools.editions import write_editions
from tools.generate import check as drift_check
from tools.programs import run
from tools.release.build import DIST, build_twice, contract_inside
from tools.release.build import check as twine_check

CHANGELOG: Final = ROOT / "CHANGELOG.md"
PYPROJECT: Final = ROOT / "pyproject.toml"
_VERSION: Final = re.compile(r'^version = "(.+)"$', re.MULTILINE)


def obstacles(version: str) -> list[str]:
    """Why this tree cannot be released as `version`; nothing where it can."""
    return [
        *_version_obstacles(version),
        *_tree_obstacles(),
        *_contract_obstacles(),
        *([] if "\n- " in _unreleased() else ["CHANGELOG.md says nothing under `## Unreleased`"]),
    ]


def _version_obstacles(version: str) -> list[str]:
    known = [tag.removeprefix("v") for tag in _git("tag", "--list", "v*.*.*").split()]
    if version in known:
        return [f"{version} is released already: there is a tag v{version}"]
    newest = max(known, key=version_tuple, default="0.0.0")
    if version_tuple(version) <= version_tuple(newest):
        return [f"{version} is not newer than {newest}, which is released"]
    return [*_python_obstacles(version, newest)] if known else []


def _python_obstacles(version: str, newest: str) -> Iterator[str]:
    """What breaks callers in Python, if the version does not say so."""
    wanted, last = version_tuple(version), version_tuple(newest)
    larger = wanted[0] > last[0] or (last[0] == 0 and wanted[1] > last[1])
    for line in [] if larger else breaking_since(f"v{newest}"):
        yield f"the Python API since {newest}: {line}; raise the first number of the version"


def _tree_obstacles() -> list[str]:
    if _git("status", "--porcelain", "--untracked-files=no").strip():
        return ["there are changes that are not committed: commit or stash them"]
    if drift_check() != 0:
        return ["generated/ is not what `make generate` writes"]
    return []


def _contract_obstacles() -> list[str]:
    before = last_release()
    if before is None:
        return []
    report = report_since(before, python=False)
    if not report.accepted:
        return [f"the contract: {verdict(report)}"]
    now = working_tree()
    if now.version == before.version and (now.base, now.editions) != (before.base, before.editions):
        return [f"the contract differs from {before.name}: raise `info.version`"]
    return []


def write_contract(folder: Path = RELEASES) -> list[Path]:
    """The files of this contract's release; none where the version was released before."""
    version = str(read_document(CONTRACT)["info"]["version"])
    target = folder / f"{version}.yaml"
    if target.exists():
        return []
    target.write_bytes(CONTRACT.read_bytes())
    editions = write_editions(folder)
    return [target, *(path.rename(folder / f"{version}.{path.name}") for path in editions)]


def write_changelog(version: str, *, date: str, contract_lines: str) -> None:
    """Gives what is under "Unreleased" to `version`, with what changed of the contract."""
    text = CHANGELOG.read_text("utf-8")
    heading, section = "## Unreleased\n", _unreleased()
    released = f"## {version} - {date}\n{_with_contract(section, contract_lines)}"
    CHANGELOG.write_text(text.replace(heading + section, f"{heading}\n{released}", 1), "utf-8")


def _with_contract(section: str, lines: str) -> str:
    if not lines:
        return section
    heading = "### Contract\n\n"
    if heading in section:
        return section.replace(heading, f"{heading}{lines}\n", 1)
    return f"\n{heading}{lines}\n{section}"


def _unreleased() -> str:
    """What stands under the heading "Unreleased", up to the next of its kind."""
    _, _, rest = CHANGELOG.read_text("utf-8").partition("## Unreleased\n")
    return re.split(r"^(?=## )", rest, maxsplit=1, flags=re.MULTILINE)[0]


def write_version(version: str) -> None:
    """Sets the version of the distribution."""
    text = PYPROJECT.read_text("utf-8")
    PYPROJECT.write_text(_VERSION.sub(f'version = "{version}"', text, count=1), "utf-8")


def prepare(version: str, *, date: str) -> None:
    """Writes, builds and commits; what it wrote is taken back if any of that fails."""
    before = last_release()
    since = report_since(before, python=False) if before is not None else None
    try:
        write_version(version)
        write_changelog(version, date=date, contract_lines=changelog(since) if since else "")
        written = write_contract()
        artifacts = build_twice(ROOT, DIST)
        twine_check([DIST / name for name in artifacts])
        _git("add", "--", str(CHANGELOG), str(PYPROJECT), *map(str, written))
        _git("commit", "--quiet", "--message", f"Release {version}")
    except BaseException:
        _git("checkout", "--quiet", "HEAD", "--", str(CHANGELOG), str(PYPROJECT))
        _git("clean", "--quiet", "--force", "--", str(RELEASES))
        raise


def _git(*arguments: str) -> str:
    return run(["git", *arguments]).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description="Prepares a release and publishes nothing.")
    parser.add_argument("version")
    parser.add_argument("--tag", action="store_true", help="only tag what was prepared and tried")
    parser.add_argument("--check-tag", action="store_true", help="only compare a tag with ours")
    parser.add_argument("--date", default=datetime.datetime.now(datetime.UTC).date().isoformat())
    options = parser.parse_args()
    if options.check_tag:
        return check_tag(options.version)
    if options.tag:
        return tag(options.version)
    reasons = obstacles(options.version)
    for reason in reasons:
        print(f"not released: {reason}", file=sys.stderr)
    if reasons:
        return 1
    prepare(options.version, date=options.date)
    print(f"\nCommitted {options.version}; it gets its tag when the artifacts were tried.")
    return 0


def check_tag(name: str) -> int:
    """1 if the tag `name` is not the one of the version in pyproject.toml."""
    found = _VERSION.search(PYPROJECT.read_text("utf-8"))
    version = found[1] if found else ""
    if name == f"v{version}":
        return 0
    print(
        f"the tag is `{name}`, and pyproject.toml has the version {version}: tag with"
        f" `make release VERSION=...`, which writes both",
        file=sys.stderr,
    )
    return 1


def tag(version: str) -> int:
    """Tags the commit of a release, which must be the last one."""
    subject = _git("log", "-1", "--format=%s").strip()
    if subject != f"Release {version}":
        print(
            f"not tagged: the last commit is not the release {version} but {subject!r}; run"
            f" `make release VERSION={version}`",
            file=sys.stderr,
        )
        return 1
    _git("tag", "--annotate", f"v{version}", "--message", f"drs-sync-policy {version}")
    (wheel,) = DIST.glob("*.whl")
    contract, digest = contract_inside(wheel)
    print(
        f"\nReady: {version} with contract {contract} ({digest[:12]}), committed and tagged"
        f" v{version};\nthe artifacts are in dist/. Nothing was published. To publish:\n\n"
        f"    git push --follow-tags\n    twine upload dist/*"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
