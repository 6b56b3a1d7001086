"""What the manifests promise: no root, nothing written but two folders, limits, probes, fixed versions, no secrets."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from storecast import __version__
from storecast.cli.db import app as db_commands
from storecast.cli.weekly import BUSY, weekly
from storecast.workflows.weekly import ATTENTION

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(DEPLOY.rglob("*.yaml"))
KUBERNETES = DEPLOY / "kubernetes"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
USER = 10001
WRITABLE = {"/tmp", "/var/lib/storecast"}
BACKUPS = "/var/backups/storecast"
IMAGE = re.compile(r"(?:[\w.-]+/)*(storecast|postgres):(\d[\w.-]+)")

Found = tuple[str, dict[str, Any]]


def documents(folder: Path) -> Iterator[Found]:
    """Yield each manifest of a folder with its file and name; kustomizations are none."""
    for path in sorted(folder.rglob("*.yaml")):
        if path.name != "kustomization.yaml":
            for content in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(DEPLOY)}:{content['metadata']['name']}", content


def walk(content: object) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
    for value in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from walk(value)


def pods(folder: Path) -> list[Found]:
    return [(name, part) for name, content in documents(folder) for part in walk(content) if "containers" in part]


def named(kind: str, name: str = "storecast") -> dict[str, Any]:
    matches = [
        content
        for _, content in documents(KUBERNETES / "base")
        if (content["kind"], content["metadata"]["name"]) == (kind, name)
    ]
    assert len(matches) == 1, (kind, name)
    return matches[0]


ALL_PODS = [*pods(KUBERNETES), *pods(DEPLOY / "cloud-run")]
CONTAINERS = [pytest.param(pod, container, id=name) for name, pod in ALL_PODS for container in pod["containers"]]
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "database"}


def test_every_file_is_yaml_without_anything_twice() -> None:
    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [
                self.construct_object(key, deep=True) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"
            ]
            assert len(keys) == len(set(keys)), (path, node.start_mark.line + 1, keys)
            return super().construct_mapping(node, deep)

    assert len(FILES) > 10
    for path in FILES:
        assert [*yaml.load_all(path.read_text(encoding="utf-8"), Strict)]  # a SafeLoader


def test_every_manifest_is_in_its_kustomization() -> None:
    for folder in (KUBERNETES / "base", KUBERNETES / "production"):
        listed = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
        files = {path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"}
        assert sorted(name for name in listed if name.endswith(".yaml")) == sorted(files)
        assert all((folder / name).exists() for name in listed)


def test_every_patch_of_the_overlay_has_its_target() -> None:
    overlay = yaml.safe_load((KUBERNETES / "production" / "kustomization.yaml").read_text(encoding="utf-8"))
    for patch in overlay["patches"]:
        target: Any = named(patch["target"]["kind"], patch["target"]["name"])
        for step in yaml.safe_load(patch["patch"]):
            *folders, last = step["path"].strip("/").split("/")
            place = target
            for part in folders:
                place = place[int(part)] if isinstance(place, list) else place[part]
            assert (last in place) == (step["op"] == "replace"), step


def test_every_image_has_a_fixed_version_and_ours_is_this_one() -> None:
    images = [container["image"] for _, pod in ALL_PODS for container in pod["containers"]]
    images += [service["image"] for service in COMPOSE["services"].values()]
    images = [re.sub(r"\$\{\w+:-(.*)\}", r"\1", image) for image in images]
    overlay = yaml.safe_load((KUBERNETES / "production" / "kustomization.yaml").read_text(encoding="utf-8"))
    images += [f"{image['newName']}:{image['newTag']}" for image in overlay["images"]]
    matches = [IMAGE.fullmatch(image) for image in images]
    assert all(matches), images
    assert {match[2] for match in matches if match and match[1] == "storecast"} == {__version__}


def test_no_secret_stands_in_a_file() -> None:
    assert "Secret" not in {
        content["kind"] for _, content in [*documents(KUBERNETES), *documents(DEPLOY / "cloud-run")]
    }
    for path in [*FILES, DEPLOY / "Dockerfile", *DEPLOY.glob("*.sh")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"postgres\w*(?:\+\w+)?://[^/\s]*:[^/\s]*@", text), path  # a URL with a password
        assert not re.search(r"BEGIN \w*\s?PRIVATE KEY|sc_[\w-]{20}", text), path
    variables = [item for _, pod in ALL_PODS for part in pod["containers"] for item in part.get("env", [])]
    variables += [
        {"name": k, "value": v} for s in COMPOSE["services"].values() for k, v in s.get("environment", {}).items()
    ]
    secret = [item for item in variables if re.search("PASSWORD|SECRET|TOKEN", item["name"])]
    assert len(secret) == 3
    assert all(item["value"].startswith("/run/secrets/") for item in secret)


@pytest.mark.parametrize(("pod", "container"), CONTAINERS)
def test_every_container_has_limits(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert {"cpu", "memory"} <= container["resources"]["limits"].keys()
    if "securityContext" in container:  # Cloud Run has limits alone
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()


@pytest.mark.parametrize(("name", "pod"), pods(KUBERNETES))
def test_every_pod_meets_the_restricted_standard(name: str, pod: dict[str, Any]) -> None:
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == USER
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        mounts = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert "/tmp" in mounts <= (WRITABLE | {BACKUPS} if "storecast-backup" in name else WRITABLE)
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_the_namespace_enforces_that_standard() -> None:
    assert named("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_probes_of_the_service_ask_what_they_are_named_for() -> None:
    container = named("Deployment")["spec"]["template"]["spec"]["containers"][0]
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}
    run = next(content for _, content in documents(DEPLOY / "cloud-run") if content["kind"] == "Service")
    container = run["spec"]["template"]["spec"]["containers"][0]
    assert container["startupProbe"]["httpGet"]["path"] == "/health/ready"  # Cloud Run has no other gate for requests
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"


def test_selectors_find_the_pods_of_the_service() -> None:
    labels = named("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert named("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert named("Service")["spec"]["selector"] == labels
    assert named("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert named("NetworkPolicy", "storecast-service")["spec"]["podSelector"]["matchLabels"] == labels
    assert named("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "storecast"
    others = [named("Job", "storecast-migrate")["spec"]["template"]["metadata"]["labels"]]
    others.append(named("CronJob", "storecast-weekly")["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"])
    assert all(other != labels and other["app.kubernetes.io/name"] == "storecast" for other in others)


def test_nothing_goes_in_or_out_but_what_is_named() -> None:
    assert named("NetworkPolicy", "deny-all")["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_one_replica_stays_whatever_moves() -> None:
    assert (
        named("HorizontalPodAutoscaler")["spec"]["minReplicas"]
        > named("PodDisruptionBudget")["spec"]["minAvailable"]
        >= 1
    )
    assert named("Deployment")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert "replicas" not in named("Deployment")["spec"]


def test_the_signing_key_is_mounted_where_models_are_trained_and_nowhere_else() -> None:
    for name, pod in ALL_PODS:
        secrets = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        assert ("storecast-signing" in secrets) == ("retrain" in name or "weekly" in name), name
    assert {name for name, service in OURS.items() if "signing.key" in service["secrets"]} == {"retrain"}


def test_a_weekly_job_never_runs_twice_at_once_nor_again_for_what_no_second_try_mends() -> None:
    spec = named("CronJob", "storecast-weekly")["spec"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", spec["schedule"])
    assert spec["concurrencyPolicy"] == "Forbid"
    [rule] = spec["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onExitCodes"]["values"]) == ("FailJob", [2, BUSY, ATTENTION])


def test_systemd_and_cron_start_the_job_each_monday_with_options_that_it_has() -> None:
    service = (DEPLOY / "systemd" / "storecast-weekly.service").read_text(encoding="utf-8")
    timer = (DEPLOY / "systemd" / "storecast-weekly.timer").read_text(encoding="utf-8")
    cron = (DEPLOY / "cron" / "storecast-weekly").read_text(encoding="utf-8")
    assert "OnCalendar=Mon " in timer
    assert re.search(r"^\d+ \d+ \* \* 1 storecast /", cron, re.MULTILINE)
    known = set(inspect.signature(weekly).parameters)
    for words in re.findall(r"storecast weekly (.*)", service + cron):
        options = re.findall(r"--([a-z-]+)", words)
        assert "home" in options
        assert {option.replace("-", "_") for option in options} <= known


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_of_compose_is_as_restricted(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"cpus", "mem_limit", "tmpfs"} <= service.keys()
    assert service.get("user") == ("postgres" if name == "database" else None)  # ours: the image's own user
    assert not service.get("privileged")


def test_compose_opens_one_port_to_this_machine_alone() -> None:
    assert {name: s["ports"] for name, s in COMPOSE["services"].items() if "ports" in s} == {
        "service": ["127.0.0.1:8000:8000"]
    }
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert COMPOSE["services"]["database"]["networks"] == ["inside"]


def test_the_database_is_backed_up_each_night_and_pruned_each_week_by_commands_that_there_are() -> None:
    for name, words, days in (("backup", ["db", "backup"], r"\*"), ("prune", ["db", "prune"], "[0-6]")):
        spec = named("CronJob", f"storecast-{name}")["spec"]
        assert re.fullmatch(rf"\d+ \d+ \* \* {days}", spec["schedule"])
        assert spec["concurrencyPolicy"] == "Forbid"
        container = spec["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        called = " ".join(container["args"]).replace("exec storecast ", "").split()
        assert called[:2] == words
        assert {command.name or command.callback.__name__ for command in db_commands.registered_commands} >= {words[1]}
    assert (
        f"{BACKUPS}/storecast-$$(date -u +%u).zip"
        in named("CronJob", "storecast-backup")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0][
            "args"
        ][0]
    ), "Kubernetes reads $$ as $; one archive a weekday"


def test_a_replica_that_is_merely_busy_is_not_restarted() -> None:
    container = named("Deployment")["spec"]["template"]["spec"]["containers"][0]
    liveness, readiness = container["livenessProbe"], container["readinessProbe"]
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 120
    assert liveness["timeoutSeconds"] >= 15
    assert readiness["periodSeconds"] * readiness["failureThreshold"] <= 15, "traffic goes elsewhere long before"


def test_the_ingress_limits_what_one_address_may_do() -> None:
    ingresses = [content for _, content in documents(KUBERNETES / "production") if content["kind"] == "Ingress"]
    prefix = "nginx.ingress.kubernetes.io/limit-"
    for ingress in ingresses:
        limits = {name.removeprefix(prefix): value for name, value in ingress["metadata"]["annotations"].items()}
        assert all(0 < int(limits[name]) <= 100 for name in ("connections", "rps"))
    assert len(ingresses) == 1
