"""The phases of schemathesis, in several threads of one process."""

import ast
import gc
import inspect
import sys
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from drs_sync_policy.fuzz import stock


@pytest.fixture
def restless() -> Generator[None]:
    """The garbage collector calls Python code, as Hypothesis has it, and threads change often."""

    def callback(_phase: str, _info: dict[str, int]) -> None:
        sum(range(300))

    interval, threshold = sys.getswitchinterval(), gc.get_threshold()
    gc.callbacks.append(callback)
    sys.setswitchinterval(1e-6)
    gc.set_threshold(700)
    yield
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)
    gc.callbacks.remove(callback)


@pytest.mark.usefixtures("restless")
def test_threads_parse_at_the_same_time() -> None:
    """No `SystemError` of CPython, which ended the phases of schemathesis."""
    source, failed = inspect.getsource(threading), list[SystemError]()

    def parse() -> None:
        for _ in range(20):
            try:
                ast.parse(source)
            except SystemError as error:
                failed.append(error)

    with stock.one_parse_at_a_time(), ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: parse(), range(2)))
    assert failed == []
