"""A large HAR file is checked in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from drs_sync_policy import sandbox
from drs_sync_policy.sandbox.seed import FIRST
from tests.system.memory import peak

BYTES = 200_000_000
MOST_MEMORY = 300_000_000
ITEMS = 500


def _entry(number: int, url: str) -> str:
    """An exchange of a batch whose policies differ from those of every other."""
    items = [
        {"job_id": FIRST.job_ids[n % 5], "slot_name": f"slot_{number}_{n}", "ddl_trans": True}
        for n in range(ITEMS)
    ]
    results = [{"id": item["job_id"], "status": "success"} for item in items]
    sent, received = json.dumps({"jobs": items}), json.dumps({"count": ITEMS, "results": results})
    minute, second = divmod(number, 60)
    headers = [
        {"name": "X-Auth-Token", "value": FIRST.token},
        {"name": "Content-Type", "value": "application/json"},
    ]
    entry = {
        "startedDateTime": f"2026-11-30T05:{minute % 60:02}:{second:02}.000+00:00",
        "time": 5,
        "request": {
            "method": "POST",
            "url": f"{url}/v3/{FIRST.project_id}/jobs/batch-sync-policy",
            "headers": headers,
            "postData": {"text": sent},
        },
        "response": {
            "status": 200,
            "headers": headers[1:],
            "content": {"size": len(received), "text": received},
        },
    }
    return json.dumps(entry)


def test_a_har_of_200_mb_is_checked_in_less_than_300_mb(tmp_path: Path) -> None:
    """Every exchange of it is checked."""
    url = "http://127.0.0.1:9"
    document = sandbox.target_profile(url, tenants=[FIRST])
    (tmp_path / "target.toml").write_text(sandbox.to_toml(document), "utf-8")
    number = 0
    with (tmp_path / "traffic.har").open("w") as file:
        file.write('{"log": {"version": "1.2", "entries": [')
        while file.tell() < BYTES:
            file.write((",\n" if number else "\n") + _entry(number, url))
            number += 1
        file.write("]}}")
    program = str(Path(sys.executable).with_name("drs-sync-policy"))
    command = [program, "check", "traffic.har", "--target", "target.toml", "--report", "report"]
    most = 0
    with (tmp_path / "output").open("w") as output:
        running = subprocess.Popen(command, cwd=tmp_path, stdout=output, stderr=output)
        while running.poll() is None:
            most = max(most, peak(running.pid))
            time.sleep(0.1)
    assert running.returncode == 0, (tmp_path / "output").read_text("utf-8")
    assert 0 < most < MOST_MEMORY, f"{most:,} bytes"
    verdict = json.loads((tmp_path / "report" / "verdict.json").read_text("utf-8"))
    assert verdict["requests"] == number
    assert verdict["statuses"] == {"200": number}
