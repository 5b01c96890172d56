"""Writes the sample report of the site, `docs/assets/report.html`, and its picture `report.webp`.

python -m tools.sample_report       needs Chromium, which `make setup-system` installs

The fuzzer checks a sandbox with two faults, as a reader would check a server: a real run.
"""

from __future__ import annotations

import base64
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from drs_sync_policy import sandbox
from tools.documents import ROOT
from tools.programs import program, run

FAULTS: Final = ("ids-trimmed", "any-media-type")
REPORT: Final = ROOT / "docs" / "assets" / "report.html"
PICTURE: Final = REPORT.with_suffix(".webp")
_WIDTH, _HEIGHT = 1000, 640
_AS_WEBP: Final = """<body><script>
const image = new Image(), canvas = document.createElement("canvas");
image.onload = () => {
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").drawImage(image, 0, 0);
  document.body.textContent = canvas.toDataURL("image/webp", 0.8);
};
image.src = "data:image/png;base64,%s";
</script>"""
"""A page whose text is a picture in another format."""


def main() -> None:
    """Runs the fuzzer over HTTP, and keeps its page."""
    with tempfile.TemporaryDirectory() as folder, sandbox.running(faults=FAULTS) as server:
        document = sandbox.target_profile(
            server.url, tenants=server.tenants, max_body_bytes=sandbox.DEFAULT_MAX_BODY_BYTES
        )
        Path(folder, "target.toml").write_text(sandbox.to_toml(document), "utf-8")
        options = ["--target=target.toml", "--seed=1", "--budget=60", "--report=reports"]
        # It finds the faults: exit code 1.
        run([program("drs-sync-policy"), "fuzz", *options], cwd=Path(folder), fine=[1])
        shutil.copyfile(Path(folder, "reports", "report.html"), REPORT)
        PICTURE.write_bytes(_picture(Path(folder)))


def _picture(folder: Path) -> bytes:
    """The first screen of the page as WebP, made in `folder`."""
    shot, page = folder / "shot.png", folder / "as_webp.html"
    _chromium(REPORT, f"--window-size={_WIDTH},{_HEIGHT}", f"--screenshot={shot}")
    page.write_text(_AS_WEBP % base64.b64encode(shot.read_bytes()).decode(), "ascii")
    shown = re.search(r"image/webp;base64,([\w+/=]+)", _chromium(page, "--dump-dom"))
    if shown is None:
        raise SystemExit("Chromium made no WebP of the picture")
    return base64.b64decode(shown[1])


def _chromium(page: Path, *options: str) -> str:
    usual = "--headless --no-sandbox --disable-gpu --hide-scrollbars --virtual-time-budget=5000"
    return run(["chromium", *usual.split(), *options, page.as_uri()]).stdout


if __name__ == "__main__":
    main()
