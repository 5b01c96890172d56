"""Builds the site into `site/`: the guide and the reference page, static, for reading offline.

python tools/guide.py            build once
python tools/guide.py --serve    build, serve on 127.0.0.1:8000, build again after each edit
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from html import escape
from importlib import metadata
from pathlib import Path
from typing import Final

from drs_sync_policy import contract
from tools import (
    api,
    charts,
    labels,
    meta,
    pages,
    published,
    reference,
    search,
    slim,
    source,
    staging,
)
from tools.documents import ROOT
from tools.programs import program
from tools.release.readme import cloning, installing

DOCS, SITE, CONFIG = ROOT / "docs", ROOT / "site", ROOT / "zensical.toml"
NAME: Final = "drs-sync-policy"
SHIM = ROOT / "tools" / "node_modules" / "iframe-worker" / "shim" / "index.js"
MADE: Final[dict[str, Callable[[], str]]] = {
    "errors.md": pages.errors,
    "fields.md": pages.fields,
    "rules.md": pages.rules,
    "faults.md": pages.faults,
    "cli.md": pages.command,
    "api.md": api.page,
    "changelog.md": pages.changelog,
}
"""The pages that are made from data, with the function that makes each."""
STAND_IN: Final = "<!-- `make docs` replaces this page. -->"
"""The first line of a page in `docs/` that the build replaces; readers of a clone see it."""
CLONE: Final = "a clone of the repository."
HERE: Final = "a clone of the repository (this site was built in one)."
"""What a site says of the place of the code if it does not know the repository."""
NEEDS: Final = {
    "SITE_URL": "canonical links, a sitemap and a 404 page that works below the root of a host",
    "SOURCE_URL": "a link to the repository and a `git clone` command",
}
"""What a site has only if its builder knows these addresses."""
MAINTAINERS: Final = "## For maintainers"
"""The section of the page of versions that the list of them comes before."""
WATCHED = ("docs", "src", "openapi.yaml", "overrides", "zensical.toml", "tools", "bench")


def build(site: Path = SITE, *, docs: Path = DOCS) -> None:
    """Builds into the folder `site`; `SystemExit` with the reason, such as a broken link."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        url = os.environ.get("SITE_URL", "").rstrip("/")
        _configure(root / CONFIG.name, url=f"{url}/" if url else None, source=_repository())
        stage(docs, into=root / "docs")
        command = [program("zensical"), "build", "--clean", "--strict"]
        done = subprocess.run(command, cwd=root, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            sys.stderr.write(done.stdout if "issue" in done.stdout else done.stdout + done.stderr)
            raise SystemExit("the guide could not be built; see above")
        search.extend(root / "site")
        labels.write(root / "site")
        api.link(root / "site" / "api.html")
        _link_repository(root / "site")
        meta.write(root / "site", list(_pages(root / "docs")), url=f"{url}/" if url else None)
        slim.write(root / "site")
        shutil.rmtree(site, ignore_errors=True)
        shutil.move(root / "site", site)


def _repository() -> str:
    return os.environ.get("SOURCE_URL", "").rstrip("/")


def _configure(path: Path, *, url: str | None, source: str) -> None:
    """Writes the configuration of a site at `url` and a repository at `source`, where known."""
    about = (
        f"{NAME} {metadata.version(NAME)}, contract {contract.load().version}. "
        "MIT licence. Not made by T Cloud Public or Huawei Cloud."
    )
    added = {"copyright": about}
    if url:
        added["site_url"] = url
    if source:
        added["copyright"] = f'{about} <a href="{escape(source)}">Source code</a>'
        added |= {"repo_url": source, "repo_name": source.rpartition("/")[2]}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in added.items())
    text = CONFIG.read_text("utf-8")
    path.write_text(text.replace("\n[project.theme]", f"{lines}\n[project.theme]", 1), "utf-8")


def _link_repository(site: Path) -> None:
    """Keeps the theme's script from asking the repository's host for stars and versions."""
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        if (kept := text.replace(' data-md-component="source"', "")) != text:
            page.write_text(kept, "utf-8")


def _pages(docs: Path) -> Iterator[meta.Page]:
    for page in sorted(docs.glob("*.md")):
        text = page.read_text("utf-8").removeprefix("---\n").partition("\n---\n")[2].lstrip()
        title = text.partition("\n")[0].removeprefix("# ")
        yield f"{page.stem}.html", title, staging.description(text)


def stage(docs: Path, *, into: Path) -> None:
    """Fills the folder that the site is built from: `docs`, the made pages, the reference."""
    shutil.copytree(docs, into)
    decisions = into / "decisions.md"
    decisions.write_text(pages.numbered(decisions.read_text("utf-8")), "utf-8")
    glossary = into / "glossary.md"
    glossary.write_text(staging.glossed(glossary.read_text("utf-8")), "utf-8")
    target = into / "target.md"
    target.write_text(staging.placed(target.read_text("utf-8")), "utf-8")
    for name in (*MADE, f"{reference.FOLDER}/README.md"):
        _make_way(into, name)
    for name, make in MADE.items():
        (into / name).write_text(make(), "utf-8")
    for written in into.glob("*.md"):
        text = installing(written.read_text("utf-8"), os.environ.get("PACKAGE", ""))
        if not (repository := _repository()):
            text = text.replace(CLONE, HERE)
        text = staging.staged(cloning(text, repository), into)
        written.write_text(charts.charted(text), "utf-8")
    scripts = into / "assets" / "javascripts"
    scripts.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SHIM, scripts / "iframe-worker.js")
    reference.write(into)
    source.write(into, api.sources())
    versions = published.write(into)
    page = into / published.FOLDER / "README.md"
    shown = f"{published.listing(versions)}\n{MAINTAINERS}"
    page.write_text(page.read_text("utf-8").replace(MAINTAINERS, shown, 1), "utf-8")


def _make_way(docs: Path, name: str) -> None:
    """Removes a stand-in; `SystemExit` if the page is hand-written."""
    page = docs / name
    if not page.exists():
        return
    if not page.read_text("utf-8").startswith(STAND_IN):
        raise SystemExit(f"docs/{name} is in the way: that page is made by tools/")
    page.unlink()


def serve(port: int) -> None:
    """Serves the site and builds it again when something that it is made of changes."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"Serving on http://127.0.0.1:{server.server_port}/ (stop with Ctrl-C)", flush=True)
        seen = _stamp()
        while True:
            time.sleep(1)
            if (now := _stamp()) != seen:
                seen = now
                # A new process imports the edited sources.
                subprocess.run([sys.executable, "-m", "tools.guide"], cwd=ROOT, check=False)


def _stamp() -> float:
    return max(path.stat().st_mtime for path in _sources())


def _sources() -> Iterator[Path]:
    for name in WATCHED:
        path = ROOT / name
        files = path.rglob("*") if path.is_dir() else [path]
        for file in files:
            if "node_modules" not in file.parts and "__pycache__" not in file.parts:
                yield file


def main() -> int:
    parser = argparse.ArgumentParser(description="Builds the site into site/.")
    parser.add_argument("--serve", action="store_true", help="serve it, and rebuild after edits")
    parser.add_argument("--port", type=int, default=8000, help="where to serve (default: 8000)")
    parser.add_argument(
        "--publish", action="store_true", help=f"fail if {' or '.join(NEEDS)} is not set"
    )
    options = parser.parse_args()
    lacking = [
        f"without {name}, the site lacks {what}: {name}=https://... make docs"
        for name, what in NEEDS.items()
        if not os.environ.get(name)
    ]
    if lacking and options.publish:
        raise SystemExit("\n".join(f"error: {line}" for line in lacking))
    build()
    for line in lacking:
        print(f"warning: {line}", file=sys.stderr)
    print(f"The site is in {SITE.relative_to(ROOT)}/: open {SITE.relative_to(ROOT)}/index.html")
    if options.serve:
        try:
            serve(options.port)
        except KeyboardInterrupt:
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
