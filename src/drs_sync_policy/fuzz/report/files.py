"""The verdict for machines: one JSON object a line, and JUnit's XML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs

from drs_sync_policy.fuzz.report.model import Line, Telling


def write_ndjson(telling: Telling, path: Path) -> None:
    """First a line about the run, then one for each promise (`type` tells them apart)."""
    lines = (json.dumps(entry) for entry in _entries(telling))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")


def _entries(telling: Telling) -> Iterator[dict[str, Any]]:
    whole = attrs.asdict(telling)
    lines = whole.pop("lines")
    yield {"type": "run", **whole}
    for line in lines:
        yield {"type": "promise", **line}


def write_junit(telling: Telling, path: Path) -> None:
    """A test case for each promise: broken is a failure, not checked and waived are skipped."""
    broken, skipped = telling.with_outcome("failed"), telling.with_outcome("not checked")
    waived = telling.with_outcome("waived")
    suite = ET.Element(
        "testsuite",
        name="drs-sync-policy fuzz",
        tests=str(len(telling.lines)),
        failures=str(len(broken)),
        errors=str(int(telling.ending != "complete")),
        skipped=str(len(skipped) + len(waived)),
        time=f"{telling.seconds:.3f}",
    )
    if telling.ending != "complete":
        case = ET.SubElement(suite, "testcase", classname="drs_sync_policy", name="the run itself")
        error = ET.SubElement(case, "error")
        error.set("message", _clean(f"{telling.ending}: {telling.reason}"))
        error.text = _clean("\n\n".join(crash.trace for crash in telling.crashes)) or None
    for line in telling.lines:
        _case(suite, line)
    tree = ET.ElementTree(suite)
    ET.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ET.Element, line: Line) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=f"drs_sync_policy.{line.rule.origin}", name=line.rule.id
    )
    if line.outcome == "failed":
        first = line.failures[0]
        failure = ET.SubElement(
            case,
            "failure",
            message=_clean(f"{line.rule.statement} Expected {first.expected}; {first.received}"),
        )
        failure.text = _clean("\n\n".join(_details(line)))
    elif line.outcome != "passed":
        ET.SubElement(case, "skipped", message=_clean(f"{line.outcome}: {line.reason}"))


def _details(line: Line) -> Iterator[str]:
    if line.hint:
        yield f"hint: {line.hint}"
    for failure in line.failures:
        yield f"{failure.case} ({failure.times} times)"
        yield f"expected: {failure.expected}\nreceived: {failure.received}"
        for step in failure.steps:
            yield f"{step.curl}\n\n{step.received}"


def _clean(text: str) -> str:
    """`text` without what XML 1.0 cannot hold."""
    return "".join(
        letter
        if letter in "\t\n\r"
        or " " <= letter <= "\ud7ff"
        or "\ue000" <= letter <= "\ufffd"
        or letter > "\uffff"
        else f"\\x{ord(letter):02x}"
        for letter in text
    )
