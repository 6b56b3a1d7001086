"""Alert rules and dashboards: metrics and labels are those of the service, rules fire as they should, the runbook has each."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from storecast.service.metrics import Metrics
from support.served_home import Client, wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES_FILE = DEPLOY / "prometheus" / "alerts.yaml"
RULES = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "storecast.json").read_text(encoding="utf-8"))
CONSOLE = (DEPLOY / "prometheus" / "consoles" / "storecast.html").read_text(encoding="utf-8")
DOCS = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
METRIC = re.compile(r"\b((?:storecast|process)_\w+)(?:\{([^}]*)\})?")
LABELS_OF_PROMETHEUS = {"job", "instance"}
SIMPLE = re.compile(r"(\w+)(?:\{(\w+)(=|=~|!~)\"([^\"]*)\"\})? (==|>) ([\d.e]+)")
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")


def labels_by_sample() -> dict[str, set[str]]:
    """Return the labels of each sample that the service may expose, by its name as Prometheus knows it."""
    metrics = Metrics()
    labels = {name: {"job", "instance"} for name in ("process_resident_memory_bytes", "process_cpu_seconds_total")}
    for metric in vars(metrics).values():
        family = getattr(metric, "_name", None)
        if family is None:
            continue
        own = set(metric._labelnames)
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(metric._type, [""])
        labels |= {family + suffix: own | ({"le"} if suffix == "_bucket" else set()) for suffix in suffixes}
    return labels


def expressions() -> Iterator[tuple[str, str]]:
    """Yield every expression with the name of its alert, panel or figure."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for number, call in enumerate(re.findall(r"\(args (.*)\)", CONSOLE)):
        texts = [text.replace('\\"', '"') for text in re.findall(r'"((?:[^"\\]|\\.)*)"', call)]
        yield from ((f"console {number}", text) for text in texts if "{" in text)


@pytest.mark.parametrize(("name", "expression"), [*expressions()])
def test_every_metric_and_label_is_one_of_the_service(name: str, expression: str) -> None:
    known = labels_by_sample()
    named = METRIC.findall(expression) or [("up", "")]
    for metric, matchers in named:
        assert metric == "up" or metric in known, name
        used = set(re.findall(r"(\w+)(?:=|!)", matchers))
        assert used <= known.get(metric, set()) | LABELS_OF_PROMETHEUS, name
    grouped = {label for labels in re.findall(r"by \(([^)]*)\)", expression) for label in labels.split(", ")}
    assert grouped <= LABELS_OF_PROMETHEUS | {label for metric, _ in named for label in known.get(metric, ())}, name


def test_every_alert_has_its_entry_in_the_runbook() -> None:
    assert re.findall(r"^### (Storecast\w+)$", DOCS, re.MULTILINE) == [
        rule["alert"] for rule in sorted(RULES, key=lambda rule: DOCS.find(f"### {rule['alert']}\n"))
    ]
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]


def test_panels_do_not_lie_over_each_other() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        covered = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert not covered & places, panel["title"]
        assert max(x for x, _ in covered) < 24
        places |= covered


def firing(text: str) -> set[str]:
    """Return the alerts whose expression, a comparison of one metric, holds for what a service exposes."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    alerts = set()
    for rule in RULES:
        simple = SIMPLE.fullmatch(rule["expr"])
        if simple is None:
            continue
        metric, label, matches, pattern, comparison, number = simple.groups()
        for sample in samples:
            agrees = label in (None, "job") or (
                (re.fullmatch(pattern, sample.labels[label]) is not None) != (matches == "!~")
                if sample.name == metric
                else False
            )
            limit = float(number)
            if (
                sample.name == metric
                and agrees
                and (sample.value == limit if comparison == "==" else sample.value > limit)
            ):
                alerts.add(rule["alert"])
    return alerts


def test_rules_fire_by_what_the_service_exposes(client: Client) -> None:
    state = client.service.settings.home / "alerts.json"
    wait_until(lambda: "storecast_trouble 0.0" in client.get("/metrics").text, 20)  # it has just begun
    assert firing(client.get("/metrics").text) == {"StorecastSalesStale"}, "the chain ends in 2014"
    alert = {"sentence": "a", "amount": 1.0, "since": "2015-06-15", "reported": 1.0, "away_since": None, "note": ""}

    def write(**alerts: str) -> None:
        """Write what weekly jobs found, by who looks after it."""
        lines: list[dict[str, Any]] = [
            {**alert, "key": key.replace("_", ":"), "acknowledged_by": by} for key, by in alerts.items()
        ]
        text = json.dumps({"ended": "2015-06-15T05:00:00Z", "alerts": lines, "unsent": {}})
        state.write_text(text, encoding="utf-8")

    try:
        write(late="", certificate_tls="")
        text = client.get("/metrics").text
        assert firing(text) == {"StorecastSalesStale", "StorecastWeeklyAlert", "StorecastCertificateEnds"}
        assert "storecast_weekly_ended_timestamp_seconds 1.4343444e+09" in text
        write(late="Ada")
        assert firing(client.get("/metrics").text) == {"StorecastSalesStale"}
        state.write_text("{", encoding="utf-8")
        assert firing(client.get("/metrics").text) == {"StorecastSalesStale"}, "metrics go on without it"
    finally:
        state.unlink()


@pytest.mark.skipif(PROMTOOL is None, reason="promtool, of Prometheus, is not installed; PROMTOOL names it")
def test_promtool_finds_that_each_alert_fires_where_it_should() -> None:
    tests = RULES_FILE.with_name("alerts_test.yaml")
    listed = set(re.findall(r"alertname: (\w+)", tests.read_text(encoding="utf-8")))
    assert listed == {rule["alert"] for rule in RULES}
    for command in (["check", "rules", str(RULES_FILE)], ["test", "rules", str(tests)]):
        done = subprocess.run([str(PROMTOOL), *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
