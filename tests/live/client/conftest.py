"""The call of many jobs, by each of the two clients."""

from __future__ import annotations

import pytest

from tests.live.client.batches import SetPolicies, set_policies_async, set_policies_sync


@pytest.fixture(params=[set_policies_sync, set_policies_async], ids=["sync", "async"])
def set_policies(request: pytest.FixtureRequest) -> SetPolicies:
    """The same call by each of the two clients."""
    chosen: SetPolicies = request.param
    return chosen
