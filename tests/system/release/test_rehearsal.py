"""A release in rehearsal: built, uploaded to an index, installed from it with each extra, used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.processes import completed
from tools.documents import ROOT
from tools.release.build import build, check

NAME = "drs-sync-policy"
USES = {
    "": "from drs_sync_policy.testing import Scripted, succeeds\n"
    "from drs_sync_policy import SyncPolicyReq\n"
    "with Scripted(then=succeeds()).client() as drs:\n"
    "    assert drs.set_policies([SyncPolicyReq(job_id='a')]).ok\n",
    "cli": "from drs_sync_policy.cli import main\nmain(['explain', 'DRS.M00304'])\n",
    "sandbox": "from drs_sync_policy.testing import sandbox\n"
    "from drs_sync_policy import SyncPolicyReq\n"
    "with sandbox() as server, server.client() as drs:\n"
    "    assert drs.set_policies([SyncPolicyReq(job_id=server.job_ids[0])]).ok\n",
    "fuzz": "from drs_sync_policy.cli import main\nmain(['fuzz', '--help'])\n",
    "all": "from drs_sync_policy.cli import main\nmain(['fuzz', '--sandbox', '--budget', '0'])\n",
}
"""For each extra, a program that needs it and nothing more."""


class Index(ThreadingHTTPServer):
    """A package index for one project: it keeps what `twine upload` sends, and serves it."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(SimpleHTTPRequestHandler):
    server: Index

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
            if name := part.get_filename():
                (self.server.folder / "simple" / NAME / name).write_bytes(
                    # With decode=True it gives bytes.
                    part.get_payload(decode=True)  # type: ignore[arg-type]
                )
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index to which the artifacts of this tree were uploaded, as a release does it."""
    folder = tmp_path_factory.mktemp("index")
    (folder / "simple" / NAME).mkdir(parents=True)
    artifacts = folder / "dist"
    names = build(ROOT, artifacts)
    with Index(folder) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        twine = str(Path(sys.executable).with_name("twine"))
        subprocess.run(
            [twine, "upload", "--non-interactive", "--disable-progress-bar", "--repository-url",
             f"{server.url}/upload/", "-u", "u", "-p", "p", *map(str, artifacts.iterdir())],
            check=True, capture_output=True, env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )  # fmt: skip
        uploaded = {path.name: path.read_bytes() for path in (folder / "simple" / NAME).iterdir()}
        assert uploaded == names
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("extra", USES)
def test_a_release_is_installed_from_an_index_and_used(
    extra: str, index: Index, tmp_path: Path
) -> None:
    """In a clean environment: our package from this index, its dependencies from the usual one."""
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv"))
    wanted = f"{NAME}[{extra}]" if extra else NAME
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", str(python),
         "--index", f"{index.url}/simple/", "--index-strategy", "first-index", wanted],
        check=True, cwd=tmp_path, env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    done = completed([str(python), "-I", "-W", "error", "-c", USES[extra]], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    where = completed(
        [str(python), "-I", "-c", "import drs_sync_policy as p; print(p.__file__)"],
        cwd=tmp_path,
        check=True,
    )
    assert re.search("env/lib.*/site-packages/", where.stdout)


@pytest.mark.parametrize("site", ["", "https://docs.example.org/drs"])
def test_an_index_shows_no_link_that_leads_nowhere(
    site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links and addresses of the site where the build knows it, and none where it does not."""
    monkeypatch.setenv("SITE_URL", site)
    monkeypatch.delenv("SOURCE_URL", raising=False)
    names = build(ROOT, tmp_path / "dist")
    check([tmp_path / "dist" / name for name in names])
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = BytesParser(policy=HTTP).parsebytes(archive.read(name))
    addresses = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    wanted = {"Documentation": f"{site}/index.html", "Changelog": f"{site}/changelog.html"}
    assert addresses == (wanted if site else {})
    shown = metadata.get_content()
    links = re.findall(r"\]\(([^)]*)\)", shown)
    assert len(links) == (shown.count(f"]({site}/") if site else 0)
    assert bool(links) == bool(site)
    assert "Set a policy with curl" in shown
    assert f"pip install '{NAME}[cli]'" in shown
