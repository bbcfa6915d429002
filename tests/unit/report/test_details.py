"""What the sections say of evidence that is not as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.analysis.results import Analysis, Finding, HealthReport, ProposalSummary
from pytest_todo_k8s.measurements import Difference, LogHit, Sample, Trouble, WarningEvent
from pytest_todo_k8s.report.details import DETAILS
from pytest_todo_k8s.report.render import render
from tests.unit.criteria.sample_measure import series
from tests.unit.criteria.sample_run import green
from tests.unit.report.reading import text, tree

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

    from pytest_todo_k8s.evidence import Evidence


def section(evidence: Evidence, criterion: str) -> ET.Element:
    return next(each for each in tree(evidence).iter("section") if each.get("id") == criterion)


def table(evidence: Evidence, criterion: str, caption: str) -> list[list[str]]:
    found = next(each for each in section(evidence, criterion).iter("table") if text(each[0]).startswith(caption))
    return [[text(cell) for cell in row] for row in found.iterfind("./tbody/tr")]


def test_every_criterion_has_details_and_says_how_to_repeat_it() -> None:
    for criterion, (_, blocks) in DETAILS.items():
        assert blocks(green())
        assert f"pytest --todo-cluster=minikube tests/acceptance -k {criterion}" in text(section(green(), criterion))


def test_an_image_that_did_not_arrive_on_the_node_is_seen() -> None:
    evidence = green()
    evidence.loads[0].node_image_id = None
    evidence.loads[1].node_image_id = "sha256:other"
    evidence.loads[2].skipped = True
    rows = table(evidence, "SC-001", "Images brought")
    assert [row[-1] for row in rows] == ["not there", "sha256:other", "the same"]
    assert [row[1] for row in rows] == ["1.4 s", "1.4 s", "already there"]


def test_a_size_that_was_not_read_is_not_measured() -> None:
    evidence = green()
    assert evidence.build
    evidence.build.images[0].size_bytes = None
    assert table(evidence, "SC-002", "Image sizes")[0][2:5] == ["not measured", "83.4 MB", "90 MB"]


def test_it_is_shown_where_the_bytes_of_an_image_are() -> None:
    evidence = green()
    assert evidence.build
    assert table(evidence, "SC-002", "Where the bytes") == [["backend", "14 MB", "29 MB", "40 MB", "0.39 MB"]]
    assert table(evidence, "SC-002", "Largest packages") == [
        ["backend", "/usr/bin/python3.13", "runtime", "6.8 MB"],
        ["backend", "pydantic_core 2.50.4", "packages", "5.5 MB"],
    ]


def test_a_pod_that_never_ran_shows_what_was_not_seen() -> None:
    evidence = green()
    assert evidence.deploy
    assert evidence.settle
    pod = evidence.deploy.pods[2]
    pod.running_s = pod.ready_s = pod.node = None
    evidence.settle.restarts[pod.name] = 4
    assert table(evidence, "SC-003", "Pods")[2][1:6] == ["none", "not seen", "not seen", "not seen", "4"]
    lanes = {text(row[0]): text(row[2]) for row in tree(evidence).iter("tr") if len(row) > 2}
    assert lanes[f"pod {pod.name}"] == "never ready"


def test_a_deployment_that_failed_tells_why_and_what_was_said() -> None:
    evidence = green()
    assert evidence.deploy
    assert evidence.settle
    evidence.deploy.troubles = [
        Trouble(about="p/c", code="OOMKilled", cause="it was killed", remedy="raise it", after_s=4.2)
    ]
    evidence.deploy.logs = evidence.settle.logs[:1]
    evidence.deploy.events = [
        WarningEvent(object="Pod/p", reason="BackOff", message="again", count=3, after_ready=False)
    ]
    evidence.settle = None
    assert table(evidence, "SC-003", "What kept") == [["OOMKilled", "it was killed", "raise it", "4.2 s"]]
    assert len(table(evidence, "SC-007", "Logs of the deployment")) == 1
    assert table(evidence, "SC-007", "Warning events")[0][:3] == ["Pod/p", "BackOff", "3"]


def test_log_hits_come_with_their_neighbours_and_not_twice() -> None:
    evidence = green()
    assert evidence.settle
    evidence.settle.logs[2].hits = [
        LogHit(line="ERROR boom", level="ERROR", context=["before", "ERROR boom", "after"]),
        LogHit(line="ERROR alone", level="ERROR"),
    ]
    listings = [text(each) for each in section(evidence, "SC-007").iter("pre")]
    assert listings[:2] == ["before ERROR boom after", "ERROR alone"]


def test_the_histogram_counts_every_sample_once_and_has_the_limit_as_an_edge() -> None:
    evidence = green()
    assert evidence.measure
    assert evidence.measure.backend
    evidence.measure.backend.samples = [
        *series(50, base_s=0.003),
        Sample(duration_s=0.9999, ok=True),
        Sample(duration_s=1.0, ok=True),
        Sample(duration_s=40.0, ok=True),
        Sample(duration_s=0.002, ok=False, error="status 500"),
    ]
    rows = table(evidence, "SC-005", "Histogram")
    assert sum(int(row[1]) for row in rows) == 54
    assert rows[0][0] == "2 ms to 5 ms"
    assert ["500 ms to 1 s", "1"] in [row[:2] for row in rows]
    assert ["1 s to 2 s", "1"] in [row[:2] for row in rows]
    assert [row[:2] for row in rows[-2:]] == [["20 s to 50 s", "1"], ["failed", "1"]]
    assert "2.0 (failed: status 500)" in text(section(evidence, "SC-005"))


def test_a_series_without_samples_says_so() -> None:
    evidence = green()
    assert evidence.measure
    assert evidence.measure.backend
    evidence.measure.backend.samples = []
    evidence.measure.backend.calibration_s = []
    assert "0, of them 0 over the limit or failed" in text(section(evidence, "SC-005"))


def test_containers_without_limits_or_readings_are_told_so() -> None:
    evidence = green()
    assert evidence.measure
    free, silent, odd, _ = evidence.measure.usage
    free.cpu_limit_cores = free.memory_limit_bytes = None
    free.metrics_api, free.metrics_reason = None, "metrics.k8s.io has no sample yet"
    silent.samples, silent.samples_reason = [], "no reader works in it (sh: not in the image)"
    odd.samples[30].cpu_s = 0.0
    rows = table(evidence, "SC-008", "Peaks")
    assert rows[0][1:7] == [
        "no limit",
        "not measured",
        "no limit",
        "not measured",
        "0.49 % of periods",
        "metrics.k8s.io has no sample yet",
    ]
    assert rows[1][2:6:2] == ["not measured", "not measured"]
    assert rows[2][2] == "not measured"
    assert len(list(section(evidence, "SC-008").iter("figure"))) == 1
    assert "not measured: no reader works in it (sh: not in the image)" in text(section(evidence, "SC-008"))


def test_differences_show_both_sides() -> None:
    evidence = green()
    assert evidence.parity
    evidence.parity.differences = [Difference(request="GET /x", where="status", plain="200", cluster="500")]
    assert table(evidence, "SC-011", "Differences") == [["GET /x", "status", "200", "500"]]
    assert table(green(), "SC-011", "Differences") == [["none"]]


def test_commands_are_quoted_as_a_shell_would_need_them() -> None:
    evidence = green()
    evidence.commands[0].argv = ["docker", "run", "a b", "$(x)"]
    evidence.commands[0].timed_out = True
    evidence.commands[0].prompt = "Password:"
    row = table(evidence, "SC-010", "Commands")[0]
    assert row[0] == "docker run 'a b' '$(x)'"
    assert row[4:] == ["timed out", "Password:"]


def test_advice_is_shown_and_judged_by_nobody() -> None:
    evidence = green()
    before = render(evidence)
    assert 'id="advice"' not in before
    evidence.analysis = Analysis(
        health=HealthReport(
            namespace="ns",
            at="now",
            healthy=False,
            findings=[Finding(about="p/c", reason="OOMKilled", cause="<b>needs more</b>", next_step="raise it")],
        ),
        proposals=[
            ProposalSummary(
                tool="kagent", subject="health", target="ns", status="refused", allowed=False, violations=["no"]
            )
        ],
        notes=["idle use: not measured"],
    )
    page = render(evidence)
    assert 'id="advice"' in page
    assert "&lt;b&gt;needs more&lt;/b&gt;" in page
    assert "refused: no" in page
    assert "idle use: not measured" in page
