"""Reads `exchanges.jsonl`, an exchange in each line, from reports of ours.

That of a run of the fuzzer has every exchange and its times. Those of other runs have neither: with
them nothing is compared, and nothing stored is checked.
"""

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
            began, ended = _time(entry["began"]), _time(entry["ended"])
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


def is_whole(file: IO[bytes]) -> bool:
    """Whether the file has all of a run, whose jobs nobody else changed; it stays as it is."""
    place = file.tell()
    try:
        return json.loads(file.readline())["began"] is not None
    except (ValueError, KeyError, TypeError):
        return True
    finally:
        file.seek(place)


def _time(value: Any) -> float | None:
    return None if value is None else float(value)
