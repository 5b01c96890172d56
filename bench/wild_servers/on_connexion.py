"""`python on_connexion.py CONTRACT PORT`: connexion, with a handler that accepts every item."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import connexion
import uvicorn
import yaml
from connexion.resolver import Resolver


def holder(apikey: str, required_scopes: object = None) -> dict[str, str] | None:  # noqa: ARG001 - its caller gives it
    """Who has the token; None for another token."""
    return {"uid": "first"} if apikey == os.environ["DRS_TOKEN"] else None


def batch_set_policy(project_id: str, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - its caller gives it
    """Every item succeeds."""
    results = [{"id": item["job_id"], "status": "success"} for item in body["jobs"]]
    return {"results": results, "count": len(results)}


def main() -> None:
    document = yaml.safe_load(Path(sys.argv[1]).read_text("utf-8"))
    for scheme in document["components"]["securitySchemes"].values():
        scheme["x-apikeyInfoFunc"] = "__main__.holder"
    application = connexion.AsyncApp(__name__)
    application.add_api(document, resolver=Resolver(lambda _: batch_set_policy))
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")


if __name__ == "__main__":
    main()
