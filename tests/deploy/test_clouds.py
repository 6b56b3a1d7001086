"""The files for clouds say what storecast understands: variables, commands, probes, versions; the service may not sign."""

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from storecast import __version__
from storecast.cli.app import app
from storecast.service.settings import Settings, variable

DEPLOY = Path(__file__).parents[2] / "deploy"
TEMPLATE = DEPLOY / "aws-ecs" / "template.yaml"
AZURE = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in DEPLOY.glob("azure-container-apps/*")}
RESOURCES = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["Resources"]
VARIABLES = {variable(item.name) for item in fields(Settings)} | {"STORECAST_THREADS", "STORECAST_TRUSTED_KEYS"}


def aws_container(name: str) -> dict[str, Any]:
    (container,) = RESOURCES[name]["Properties"]["ContainerDefinitions"]
    return dict(container)


def azure_container(name: str) -> dict[str, Any]:
    (container,) = AZURE[name]["properties"]["template"]["containers"]
    return dict(container)


def test_every_variable_is_one_that_is_read() -> None:
    names = {
        item["Name"]
        for task in ("ServiceTask", "WeeklyTask", "MigrateTask")
        for item in aws_container(task)["Environment"]
    }
    names |= {item["name"] for file in AZURE for item in azure_container(file)["env"]}
    for path in DEPLOY.glob("cloud-run/*"):
        names |= set(re.findall(r"name: (STORECAST_\w+)", path.read_text(encoding="utf-8")))
    assert {name for name in names if name.startswith("STORECAST_")} <= VARIABLES
    values = {item["Name"]: item["Value"] for item in aws_container("ServiceTask")["Environment"]}
    drain, stop = float(values["STORECAST_DRAIN_SECONDS"]), float(values["STORECAST_STOP_SECONDS"])
    Settings(drain_seconds=drain, stop_seconds=stop)
    assert stop < aws_container("ServiceTask")["StopTimeout"]


@pytest.mark.parametrize(
    "words",
    [
        aws_container("WeeklyTask")["Command"],
        aws_container("MigrateTask")["Command"],
        *(azure_container(file)["args"] for file in sorted(AZURE)),
        yaml.safe_load((DEPLOY / "cloud-run" / "weekly.yaml").read_text(encoding="utf-8"))["spec"]["template"]["spec"][
            "template"
        ]["spec"]["containers"][0]["args"],
    ],
    ids=" ".join,
)
def test_every_command_can_be_read(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    name, *rest = words
    command = command.commands[name]
    if hasattr(command, "commands"):
        command, rest = command.commands[rest[0]], rest[1:]
    home = ["--home", "home"] if name == "weekly" else []
    with command.make_context(name, [*home, *rest]) as context:
        assert context.command is command


def test_only_who_trains_has_the_signing_key() -> None:
    for task in ("ServiceTask", "MigrateTask"):
        assert "SIGNING_KEY" not in {item["Name"] for item in aws_container(task)["Secrets"]}
    assert "SIGNING_KEY" in {item["Name"] for item in aws_container("WeeklyTask")["Secrets"]}
    allowed = str(RESOURCES["ServiceStart"]) + str(RESOURCES["TaskRole"])
    assert "SigningKey" not in allowed
    assert {name for name, file in AZURE.items() if "signing.key" in str(file)} == {"weekly"}
    assert "storecast-service" not in str(AZURE["weekly"])


def test_a_service_gets_requests_when_it_is_ready_and_a_failed_deployment_is_taken_back() -> None:
    assert RESOURCES["Targets"]["Properties"]["HealthCheckPath"] == "/health/ready"
    deployment = RESOURCES["Service"]["Properties"]["DeploymentConfiguration"]
    assert deployment["MinimumHealthyPercent"] == 100
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    probes = {probe["type"]: probe["httpGet"]["path"] for probe in azure_container("service")["probes"]}
    assert probes == {"Startup": "/health/live", "Liveness": "/health/live", "Readiness": "/health/ready"}


def test_images_of_azure_are_of_this_version() -> None:
    assert {azure_container(file)["image"] for file in AZURE} == {f"registry.example.com/storecast:{__version__}"}


@pytest.mark.long
@pytest.mark.skipif(shutil.which("cfn-lint") is None, reason="cfn-lint is not installed: pip install cfn-lint")
def test_cfn_lint_finds_nothing_in_the_template() -> None:
    done = subprocess.run(["cfn-lint", str(TEMPLATE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
