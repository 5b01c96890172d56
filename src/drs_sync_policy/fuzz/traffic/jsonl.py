"""Reads `exchanges.jsonl`, which the fuzzer writes: every exchange of a run, a line each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from drs_sync_policy.fuzz.evidence.decode import Decoder, EvidenceError
from drs_sync_policy.fuzz.oracle import Oracle
from drs_sync_policy.fuzz.traffic.recorded import Recorded, RecordingError


def read(file: IO[bytes], oracle: Oracle, folder: Path) -> Iterator[Recorded]:
    """The exchanges in their order; `folder` has the long bodies. `RecordingError` names a line."""
    decoder = Decoder.of(oracle, folder)
    for number, line in enumerate(file, 1):
        try:
            entry: Any = json.loads(line)
            exchange = decoder.exchange(entry)
            began, ended = float(entry["began"]), float(entry["ended"])
        except (EvidenceError, OSError) as error:
            raise RecordingError(f"line {number}: {error}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordingError(
                f"line {number} is not an exchange of the fuzzer: {type(error).__name__}: {error}"
            ) from error
        yield Recorded(
            "",
            exchange.request,
            exchange.response,
            began,
            ended,
            expectation=exchange.expectation,
            silence=exchange.silence,
        )
