"""The call of each client, watched for secrets."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.live.client.errors.calls import TOKEN, Call, call_async, call_sync


@pytest.fixture(params=[call_sync, call_async], ids=["sync", "async"])
def each_call(request: pytest.FixtureRequest) -> Call:
    """The same call by each of the two clients, for what a network backend does: it has a pair."""
    chosen: Call = request.param
    return chosen


@pytest.fixture
def call() -> Call:
    """The call by the async client, from whose source the sync client is derived."""
    return call_async


@pytest.fixture(autouse=True)
def _nothing_shows_the_token(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever happens, no log line of ours or of httpcore has the token in it."""
    caplog.set_level(logging.DEBUG)
    yield
    assert TOKEN not in caplog.text
