"""Verdicts of several runs are one: the union of the findings, the sum of the counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from drs_sync_policy import contract
from drs_sync_policy.cli import exits, main
from drs_sync_policy.fuzz.active import run
from drs_sync_policy.fuzz.evidence import files, verdicts
from drs_sync_policy.fuzz.figures import Figures, Group
from drs_sync_policy.fuzz.ledger import Ledger
from drs_sync_policy.fuzz.merge import merge
from drs_sync_policy.fuzz.report.describe import describe
from drs_sync_policy.fuzz.verdict import Verdict
from tests.fuzz import servers
from tests.fuzz.servers import Habits, Handler

RULES = ("count-equals-results", "invalid-body-is-refused", "wrong-credentials-are-refused")
REQUESTS = 60


class Wrong(Handler):
    """Counts one too many; with an even number of requests it also has no media type."""

    def policy(self, path: str, body: bytes) -> dict[str, Any]:
        response = super().policy(path, body)
        return {**response, "count": response["count"] + 1}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The reports of four seeds; not all of them check the same rules."""
    folders: list[Path] = []
    with servers.serving(handler=Wrong, habits=Habits()) as server:
        target = servers.target(server)
        for seed in range(1, 5):
            verdict = run(
                target,
                budget=0,
                seed=seed,
                schemathesis=False,
                rules=RULES[: 1 + seed % 3],
                enough=lambda ledger: ledger.requests > REQUESTS,
            )
            folder = tmp_path_factory.mktemp(f"seed-{seed}")
            files.write(verdict, folder)
            folders.append(folder)
    return folders


def _loaded(folders: list[Path]) -> dict[str, Verdict]:
    return {str(folder): verdicts.load(folder, against=contract.load()) for folder in folders}


def _merge(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["merge", *map(str, arguments)])


def _kinds(found: Verdict) -> Counter[tuple[object, ...]]:
    return Counter(
        {
            (finding.id, violation.key): violation.times
            for finding in found.findings
            for violation in finding.violations
        }
    )


def test_four_seeds_merged_equal_the_union_of_the_four(reports: list[Path]) -> None:
    """Findings with their kinds of violations, checks, requests, statuses and coverage."""
    runs = _loaded(reports)
    whole = merge(runs)
    each = list(runs.values())
    assert len({len(one.findings) for one in each}) >= 1
    assert {one.id for one in whole.findings} == {f.id for one in each for f in one.findings}
    assert _kinds(whole) == sum(map(_kinds, each), Counter())
    ledger = whole.ledger
    assert ledger.requests == sum(one.ledger.requests for one in each)
    assert Counter(ledger.statuses) == sum((Counter(o.ledger.statuses) for o in each), Counter())
    assert ledger.coverage == sum((one.ledger.coverage for one in each), Counter())
    for rule in ledger.rules:
        assert ledger.times_checked(rule) == sum(one.ledger.times_checked(rule) for one in each)
        failed = any(one.ledger.status(rule) == "failed" for one in each)
        assert (ledger.status(rule) == "failed") == failed


def test_the_order_and_the_grouping_of_merges_do_not_matter(
    reports: list[Path], tmp_path: Path
) -> None:
    """A merged report can be merged again."""
    assert _merge(*reports[:2], "--report", tmp_path / "a").exit_code == exits.BROKEN
    again = merge(_loaded([tmp_path / "a", *reports[2:]]))
    other = merge(_loaded(reports[::-1]))
    assert _kinds(again) == _kinds(other) == _kinds(merge(_loaded(reports)))
    assert again.ledger.coverage == other.ledger.coverage


def test_a_merged_report_is_a_report(reports: list[Path], tmp_path: Path) -> None:
    """Its files, its exit code and its commands are as those of a run, without its secrets."""
    done = _merge(*reports, "--report", tmp_path / "all")
    assert done.exit_code == exits.BROKEN, done.output
    assert "count-equals-results" in done.output
    assert "seed 3" in done.output
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert {"report.html", "verdict.json", "junit.xml"} <= names
    suite = ET.parse(tmp_path / "all" / "junit.xml").getroot()
    assert suite.get("name") == "drs-sync-policy merge"
    page = (tmp_path / "all" / "report.html").read_text("utf-8")
    assert "${DRS_TOKEN}" in page
    document = files.read(tmp_path / "all")
    assert document["seed"] is None
    assert document["requests"] == sum(files.read(folder)["requests"] for folder in reports)


def test_an_incomplete_run_leaves_the_whole_incomplete(reports: list[Path]) -> None:
    """The reason names the report."""
    runs = _loaded(reports)
    name, first = next(iter(runs.items()))
    runs[name] = evolve(first, ending="unreachable", reason="no response")
    whole = merge(runs)
    assert whole.ending == "unreachable"
    assert name in whole.reason


def test_what_one_run_checked_in_full_is_passed_in_full() -> None:
    """Whatever the others left out."""
    rules = contract.load().rules
    one, other = Ledger(rules), Ledger(rules)
    for ledger in (one, other):
        ledger.checked("count-equals-results", times=3)
        ledger.checked("one-result-per-item", times=3)
    other.skip("count-equals-results", "no time", times=2)
    one.skip("one-result-per-item", "no time")
    other.skip("one-result-per-item", "no time", times=2)
    total = Ledger.sum([one, other])
    assert not total.passed_in_part("count-equals-results")
    assert total.times_checked("count-equals-results") == 6
    assert total.passed_in_part("one-result-per-item")
    assert total.times_skipped("one-result-per-item") == 3


def _edited(folder: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    document = json.loads((folder / files.VERDICT).read_text("utf-8"))
    change(document)
    to.mkdir()
    (to / files.VERDICT).write_text(json.dumps(document), "utf-8")
    return to


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d["target"]["document"]["target"].update(url="http://other:1"), "target"),
        (lambda d: d["contract"].update(sha256="0" * 64, version="0.9.0"), "0.9.0"),
        (lambda d: d.update(format=1), "format 2"),
        (lambda d: d["findings"][0]["example"].update(exchanges=[9999]), "9999"),
    ],
    ids=["target", "contract", "format", "exchange"],
)
def test_what_does_not_belong_together_is_a_usage_error(
    change: Callable[[dict[str, Any]], None], says: str, reports: list[Path], tmp_path: Path
) -> None:
    """It says what differs."""
    other = _edited(reports[0], tmp_path / "other", change)
    done = _merge(reports[1], other)
    assert done.exit_code == exits.WRONG_USE, done.output
    assert says in done.output
    assert str(other) in done.output.replace("\n", "")


def test_figures_of_loads_are_in_the_merged_report(reports: list[Path], tmp_path: Path) -> None:
    """Latencies of two loads are counted together, with charts; a run of the fuzzer has none."""
    group = Group("all requests", 10, 1, 3, 8, 9, 9.5, {3: 9, 8: 1})
    figures = Figures(
        users=3, workers=2, lost=0, rate=None, seconds=2.0, total=group, groups=(group,),
        latencies=group.latencies, per_second=(4, 6),
    )  # fmt: skip
    verdict = _loaded(reports)[str(reports[0])]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        files.write(evolve(verdict, figures=figures), tmp_path / name)
    done = _merge(tmp_path / "one", reports[1], tmp_path / "two", "--report", tmp_path / "whole")
    assert done.exit_code == exits.BROKEN, done.output
    load = files.read(tmp_path / "whole")["load"]
    assert load["latencies"] == {"3": 18, "8": 2}
    assert (load["total"]["requests"], load["total"]["p95"], load["users"]) == (20, 8, 6)
    assert (tmp_path / "whole" / "report.html").read_text("utf-8").count("<svg") == 2
    assert "no latencies by kind" not in done.output
    (tmp_path / "old").mkdir()
    old = evolve(figures, groups=(evolve(group, latencies={}),))
    files.write(evolve(verdict, figures=old), tmp_path / "old")
    done = _merge(tmp_path / "one", tmp_path / "old")
    assert f"`{tmp_path / 'old'}` has no latencies by kind of request" in done.output


def test_a_report_given_twice_is_a_usage_error(reports: list[Path]) -> None:
    """Its counts would be added twice."""
    done = _merge(reports[0], reports[0])
    assert done.exit_code == exits.WRONG_USE
    assert "twice" in done.output


def test_a_report_that_is_read_is_not_overwritten(reports: list[Path]) -> None:
    """Whatever its folder is called."""
    before = (reports[0] / files.VERDICT).read_bytes()
    done = _merge(*reports, "--report", reports[0] / ".." / reports[0].name)
    assert done.exit_code == exits.WRONG_USE, done.output
    assert "would overwrite" in done.output
    assert (reports[0] / files.VERDICT).read_bytes() == before


def test_a_verdict_from_its_file_describes_the_same(reports: list[Path], tmp_path: Path) -> None:
    """Written and read again, it is the same document."""
    (name, verdict), *_ = _loaded(reports).items()
    files.write(verdict, tmp_path)
    assert files.read(tmp_path) == files.read(Path(name))
    assert describe(verdict).findings
