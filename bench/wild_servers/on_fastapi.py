"""`python on_fastapi.py CONTRACT PORT`: what fastapi-codegen writes, accepting every item."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import uvicorn

EMPTY = "    pass\n"
FILLED = """    results = [{"id": item.job_id, "status": "success"} for item in body.jobs]
    return {"results": results, "count": len(results)}
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = str(Path(sys.executable).with_name("fastapi-codegen"))
        options = ["--input", sys.argv[1], "--output", f"{folder}/generated_api"]
        subprocess.run([program, *options], check=True, capture_output=True)
        module = Path(folder, "generated_api", "main.py")
        text = module.read_text("utf-8")
        if not text.endswith(EMPTY):
            raise SystemExit("fastapi-codegen writes another handler: see bench/wild_servers")
        text = text.removesuffix(EMPTY) + FILLED
        # FastAPI 0.165 does not know the argument that the generator writes.
        module.write_text(text.replace("    license={", "    license_info={"), "utf-8")
        sys.path.insert(0, folder)
        port = int(sys.argv[2])
        uvicorn.run("generated_api.main:app", host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
