"""Writes the sample report of the site, `docs/assets/report.html`, and its pictures.

python -m tools.sample_report       needs Chromium, which `make setup-system` installs

The fuzzer checks a sandbox with two faults, as a reader would check a server: a real run. The
pictures are WebP: for wide screens and for phones, and each in light and in dark.
"""

from __future__ import annotations

import base64
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from drs_sync_policy import sandbox
from tools.documents import ROOT
from tools.programs import program, run

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FAULTS: Final = ("ids-trimmed", "any-media-type")
REPORT: Final = ROOT / "docs" / "assets" / "report.html"
SCREENS: Final = {"": (1000, 640, 1), "-phone": (390, 620, 2)}
"""What the name of a picture ends with: the width and height of its screen, and its pixel ratio."""
Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
_SITE: Final = "<p class='quiet'>A sample of <a href='../index.html'>drs-sync-policy</a></p>"
_AS_WEBP: Final = """async (png) => {
  const image = new Image(), canvas = document.createElement("canvas");
  image.src = "data:image/png;base64," + png;
  await image.decode();
  [canvas.width, canvas.height] = [image.width, image.height];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.8).split(",")[1];
}"""


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
        page = Path(folder, "reports", "report.html").read_text("utf-8")
        REPORT.write_text(_on_the_site(page), "utf-8")
    for name, picture in _pictures():
        REPORT.with_name(name).write_bytes(picture)


def _on_the_site(page: str) -> str:
    """The page with links to the site: to its start, and from each finding to its rule."""
    rule = re.compile(r"(<a href='#rule-([\w-]+)'>Rule</a>)((?:(?!In the docs).)*?)</p>", re.DOTALL)
    more = r"\1\3 <a href='../rules.html#\2'>In the docs, with examples</a></p>"
    return rule.sub(more, page).replace("<main>", f"<main>{_SITE}", 1)


def _pictures() -> Iterator[tuple[str, bytes]]:
    """The first screen of the page in each form, with the name of its file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium, options = shutil.which("chromium"), ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        for ending, screen in SCREENS.items():
            for scheme in SCHEMES:
                dark = "-dark" if scheme == "dark" else ""
                yield f"report{dark}{ending}.webp", _picture(browser, *screen, scheme)
        browser.close()


def _picture(browser: Browser, width: int, height: int, ratio: int, scheme: Scheme) -> bytes:
    page = browser.new_page(
        viewport={"width": width, "height": height}, device_scale_factor=ratio,
        color_scheme=scheme,
    )  # fmt: skip
    page.goto(REPORT.as_uri())
    shot = base64.b64encode(page.screenshot()).decode()
    page.goto("about:blank")
    return base64.b64decode(page.evaluate(_AS_WEBP, shot))


if __name__ == "__main__":
    main()
