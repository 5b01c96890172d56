"""Writes the reference page into `site/reference/`: one HTML file, and the contract beside it.

The page is Redoc's, from `openapi.yaml`, with everything it needs inside: it sends no request.
Its content security policy says so, and lets no script run but the page's own.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi.yaml"
SITE = ROOT / "site"
SCRIPT_HASHES = "__SCRIPT_HASHES__"
# Redoc shows its makers' logo from their server; the name stays, the request does not.
LOGO = re.compile(r"https://cdn\.redoc\.ly/redoc/logo-mini(?:-full)?\.svg")
REDOCLY = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='44' height='14'%3E"
    "%3Ctext y='11' font-family='sans-serif' font-size='11' fill='%230044d4'%3ERedocly%3C/text%3E"
    "%3C/svg%3E"
)


def page() -> str:
    """The reference page as HTML that needs nothing but itself."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "index.html"
        _build(target)
        html = target.read_text("utf-8")
    html, logos = LOGO.subn(REDOCLY, html)
    if logos != 2:
        raise SystemExit(f"Redoc's page names its logo {logos} times instead of 2: see {__file__}")
    return html.replace(SCRIPT_HASHES, " ".join(script_hashes(html)), 1)


def script_hashes(html: str) -> list[str]:
    """The sources by which a content security policy lets the scripts in `html` run."""
    scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", html, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def write(site: Path = SITE) -> Path:
    """Writes page and contract below `site`; the path of the page."""
    folder = site / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(CONTRACT, folder / CONTRACT.name)
    target = folder / "index.html"
    target.write_text(page(), "utf-8")
    return target


def _build(target: Path) -> None:
    program = ROOT / "tools" / "node_modules" / ".bin" / "redocly"
    bin_folder = str(Path(sys.executable).parent)
    done = subprocess.run(
        [
            str(program), "build-docs", str(CONTRACT), "--inlineBundle",
            "--config", str(ROOT / "overrides" / "redocly.yaml"), "--output", str(target),
        ],
        # Without the first of these the published page would report its readers.
        env={
            **os.environ,
            "REDOCLY_TELEMETRY": "off",
            "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
            "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}",
        },
        text=True,
        capture_output=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0 or not target.is_file():
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"`redocly build-docs` failed on {CONTRACT.name}; see above")


def main() -> int:
    target = write()
    print(f"The reference page is {target.relative_to(ROOT)}; open it in a browser, as a file.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
