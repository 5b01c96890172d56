"""Policies to set and to read, and the connection of a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.live.vendor import PROJECT, TOKEN, Vendor

FULL: Mapping[str, Any] = {
    "conflict_policy": "stop",
    "filter_ddl_policy": "drop_database",
    "ddl_trans": True,
    "index_trans": False,
    "slot_name": "slot",
}


def full(count: int) -> list[dict[str, Any]]:
    return [{"job_id": f"job-{n:04}", **FULL} for n in range(count)]


def connection(server: Vendor) -> dict[str, str]:
    return {"DRS_URL": server.url, "DRS_TOKEN": TOKEN, "DRS_PROJECT_ID": PROJECT}
