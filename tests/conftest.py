"""What holds for every test, on a slow machine and in a background job, too."""

import fcntl
import gc
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.ids import unstable
from tests.shares import in_shares

# No verdict depends on how fast the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# A job in the background is started with SIGINT ignored, and so would be all that tests start:
# those that interrupt a program would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make soak` runs the tests marked `soak`, with this option."""
    parser.addoption("--long", action="store_true", help="run tests marked `soak` at full length")


@pytest.fixture
def amount(request: pytest.FixtureRequest) -> int:
    """How many rounds or seconds a test takes: `@pytest.mark.soak(usual=10, long=30)`."""
    marker = request.node.get_closest_marker("soak")
    chosen: int = marker.kwargs["long" if request.config.getoption("--long") else "usual"]
    return chosen


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """No garbage is looked for in what is imported, which stays.

    It took a third of the collection, and a tenth of the time of tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000)  # 700 would cost a twentieth of the time of tests
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _without_trio() -> Generator[None, None, None]:
    """Where a test starts Python, trio is not installed, as for most users.

    httpcore imports it if it can: a fifth of the time that the command takes to start.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).with_name("without_trio")), os.pathsep)
        patch.setenv("HYPOTHESIS_NO_PLUGINS", "1")  # trio has one
        yield


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The whole site, which the first worker that asks for it builds."""
    from tools import guide  # few workers need it

    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "site"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            # No worker takes half a site for a whole one.
            guide.build(folder.with_suffix(".unfinished"))
            folder.with_suffix(".unfinished").rename(folder)
    return folder


@pytest.fixture
def given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of the fuzzer takes a server for gone after 0.1 s, where it would try again for 3 s."""
    monkeypatch.setattr("drs_sync_policy.fuzz.prober._PAUSES", (0.1,))


@pytest.hookimpl(trylast=True)  # after `-m` has chosen
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers begin with tests marked `first`; an id that they may not agree on ends the run."""
    first: dict[str, list[pytest.Item]] = {}
    rest: list[pytest.Item] = []
    for item in items:
        # A test that has a shorter and a longer form is long in both.
        begins = item.get_closest_marker("first") or item.get_closest_marker("soak")
        (first.setdefault(item.path.name, []) if begins else rest).append(item)
    items[:] = in_shares(first, rest, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    if named := list(unstable(item.name for item in items)):
        said = ascii([name[:200] for name in named])
        raise pytest.UsageError(f"give these tests ids that every process agrees on: {said}")
