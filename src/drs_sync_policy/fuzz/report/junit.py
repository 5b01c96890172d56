"""The verdict as JUnit XML: what CI systems show as test results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from drs_sync_policy.fuzz.report.model import Report, RuleLine, ShownFinding


def write(report: Report, path: Path) -> None:
    """A test case for each rule: a finding is a failure, what was not checked is skipped."""
    failed, skipped = report.with_status("failed"), report.with_status("not checked")
    waived = report.with_status("waived", "not applicable")
    suite = ET.Element(
        "testsuite",
        name=report.name,
        tests=str(len(report.rules)),
        failures=str(len(failed)),
        errors=str(int(not report.is_complete)),
        skipped=str(len(skipped) + len(waived)),
        time=f"{report.seconds:.3f}",
        timestamp=f"{report.started:%Y-%m-%dT%H:%M:%S}",
    )
    properties = ET.SubElement(suite, "properties")
    for row in report.coverage:
        name = ": ".join(filter(None, ("coverage", row.part, row.name, row.value)))
        ET.SubElement(properties, "property", name=name, value=str(row.times))
    if not report.is_complete:
        case = ET.SubElement(suite, "testcase", classname="drs_sync_policy", name="the run itself")
        error = ET.SubElement(case, "error")
        error.set("message", _clean(f"{report.ending}: {report.reason}"))
        error.text = _clean("\n\n".join(crash.trace for crash in report.crashes)) or None
    explained = {name: entry for entry in report.findings for name in entry.also_fails}
    explained |= {entry.rule.id: entry for entry in report.findings}
    for line in report.rules:
        _case(suite, line, explained.get(line.rule.id))
    tree = ET.ElementTree(suite)
    ET.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ET.Element, line: RuleLine, finding: ShownFinding | None) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=f"drs_sync_policy.{line.rule.origin}", name=line.rule.id
    )
    if line.status == "failed" and finding is not None:
        because = "" if finding.rule.id == line.rule.id else f"because of {finding.rule.id}: "
        failure = ET.SubElement(case, "failure", message=_clean(because + finding.cause))
        failure.text = _clean("\n\n".join(_details(line, finding)))
    elif line.status != "passed":
        ET.SubElement(case, "skipped", message=_clean(f"{line.status}: {line.reason}"))


def _details(line: RuleLine, finding: ShownFinding) -> Iterator[str]:
    yield line.rule.statement
    if finding.hint:
        yield f"hint: {finding.hint}"
    example = finding.example
    yield f"{example.case} ({finding.times} times)"
    yield f"expected: {example.expected}\nreceived: {example.received}"
    for step in example.steps:
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
