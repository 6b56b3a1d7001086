"""The page that Prometheus draws of the service: it is whole where there is nothing to show yet, and where there is trouble."""

import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from support.dask_processes import free_port
from support.served_home import wait_until

PROMETHEUS = shutil.which("prometheus")
CONSOLES = Path(__file__).parents[2] / "deploy" / "prometheus" / "consoles"
# Stand in for a service: what it would expose, made by rules.
CONFIG = """global: {evaluation_interval: 200ms}
rule_files: [rules.yaml]
"""
RULES = """groups:
  - name: service
    interval: 200ms
    rules:
      - {record: storecast_trouble, expr: vector(1), labels: {job: storecast}}
      - {record: storecast_sales_age_days, expr: vector(9), labels: {job: storecast}}
      - {record: storecast_model_info, expr: vector(1), labels: {job: storecast, model: "<b>m</b>"}}
      - {alert: Trouble, expr: vector(1), labels: {severity: page}}
"""


def page(address: str) -> str:
    try:
        with urllib.request.urlopen(f"{address}/consoles/storecast.html", timeout=5) as reply:
            return str(reply.read().decode())
    except urllib.error.URLError:  # it has not started yet
        return ""


@pytest.mark.skipif(PROMETHEUS is None, reason="Prometheus is not installed")
def test_figures_have_their_colours_names_are_text_and_what_is_missing_is_said(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yaml").write_text(CONFIG)
    (tmp_path / "rules.yaml").write_text(RULES)
    address = f"127.0.0.1:{free_port()}"
    options = {
        "config.file": tmp_path / "prometheus.yaml",
        "web.console.templates": CONSOLES,
        "web.listen-address": address,
        "storage.tsdb.path": tmp_path / "data",
    }
    words = [PROMETHEUS or "", *(f"--{name}={value}" for name, value in options.items())]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: "alertname <b>Trouble</b>" in page(f"http://{address}"), 20)
            shown = page(f"http://{address}")
        finally:
            process.terminate()
    assert '<span class="bad"><b>1</b></span>' in shown
    assert '<span class="near"><b>9</b></span>' in shown
    assert "model <b>&lt;b&gt;m&lt;/b&gt;</b>" in shown
    assert shown.count("no figure yet") > 5
    assert shown.rstrip().endswith("</html>")
