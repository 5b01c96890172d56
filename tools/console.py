"""The program of the sandbox's console: Scalar's browser build, from npm, pinned by its hash.

python -m tools.console

It is one file that stands by itself. Installed as a dependency it would bring 270 packages that
nothing here uses, so only its own archive is fetched. For another release change `RELEASE`, and
`INTEGRITY` to what `npm view @scalar/api-reference@RELEASE dist.integrity` says.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from tools.documents import ROOT
from tools.node import node_environment

RELEASE: Final = "1.72.1"
INTEGRITY: Final = (
    "sha512-XpEJ0rfc/cXbCrR+iC4kK0o/WwX2dTtGQbT049OlPKAHD6IMIFdTeGz2r+M27P2E"
    "DWKyUITRm/NzlP8z2pw/Ow=="
)
PROGRAM: Final = ROOT / "src" / "drs_sync_policy" / "sandbox" / "static" / "scalar.js"
_PACKAGE: Final = f"@scalar/api-reference@{RELEASE}"
_MEMBER: Final = "package/dist/browser/standalone.js"


def fetch(folder: Path) -> Path:
    """The archive of the release, in `folder`; ends with what npm says where there is none."""
    done = subprocess.run(
        ["npm", "pack", "--silent", "--pack-destination", folder, _PACKAGE],
        cwd=ROOT / "tools", env=node_environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip
    archives = list(folder.glob("*.tgz"))
    if done.returncode != 0 or len(archives) != 1:
        raise SystemExit(f"`npm pack` did not bring {_PACKAGE}:\n{done.stderr}")
    return archives[0]


def program(archive: bytes, folder: Path, *, integrity: str = INTEGRITY) -> bytes:
    """The program in `archive`; ends where the archive is not the one that is pinned."""
    digest = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if f"sha512-{digest}" != integrity:
        raise SystemExit(f"{_PACKAGE} is not what is pinned: sha512-{digest}")
    packed = folder / "pinned.tgz"
    packed.write_bytes(archive)
    with tarfile.open(packed) as opened:
        member = opened.extractfile(_MEMBER)
        if member is None:
            raise SystemExit(f"{_PACKAGE} holds no `{_MEMBER}`")
        return member.read()


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        PROGRAM.write_bytes(program(fetch(folder).read_bytes(), folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
