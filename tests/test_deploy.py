"""deploy/: what it holds loads, as far as this machine has the tools that read it (docs/deploy.md says which it has not)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from watchtower import __version__
from watchtower.config.load import load
from watchtower.probes.kubernetes import Kubernetes

DEPLOY = Path(__file__).parents[1] / "deploy"
MANIFESTS = {name: list(yaml.safe_load_all((DEPLOY / "kubernetes" / f"{name}.yaml").read_text("utf-8"))) for name in ("standalone", "sidecar")}  # fmt: skip


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=DEPLOY, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def pod(name: str) -> dict[str, Any]:
    [spec] = [one["spec"]["template"]["spec"] for one in MANIFESTS[name] if "template" in one.get("spec", {})]
    return spec  # type: ignore[no-any-return]


@pytest.mark.skipif(not shutil.which("promtool"), reason="prometheus is not installed")
def test_the_rules_of_prometheus_do_what_their_own_tests_say() -> None:
    assert "SUCCESS" in run("promtool", "test", "rules", "prometheus/rules_test.yml")


def test_every_alert_is_tried_and_asks_only_for_metrics_that_are_documented() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text("utf-8"))
    tried = (DEPLOY / "prometheus/rules_test.yml").read_text("utf-8")
    known = (DEPLOY.parent / "docs/metrics.md").read_text("utf-8")
    boards = [json.loads(file.read_text("utf-8")) for file in (DEPLOY / "grafana/dashboards").glob("*.json")]
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    asked += [target["expr"] for board in boards for panel in board["panels"] for target in panel["targets"]]
    assert len(boards) == 2
    for name in re.findall(r"watchtower_[a-z_]+", " ".join(asked)):
        assert f"`{name.removesuffix('_bucket')}`" in known, name
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule.get("alert", rule.get("record")) in tried


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_understood_and_shut_in(tmp_path: Path) -> None:
    unit = tmp_path / "watchtower.service"
    text = (DEPLOY / "systemd/watchtower.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/watchtower/bin/watchtower", "/bin/true"), encoding="utf-8")
    run("systemd-analyze", "verify", str(unit))
    said = run("systemd-analyze", "security", "--offline=true", str(unit))
    [exposure] = re.findall(r"exposure level for \S+: ([0-9.]+)", said)
    assert float(exposure) <= 2.0


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_container_is_bounded_probed_and_cannot_write_beside_its_volume(name: str) -> None:
    spec = pod(name)
    [container] = spec["containers"]
    secured = {**spec.get("securityContext", {}), **container["securityContext"]}
    assert secured["runAsNonRoot"] is True
    assert secured["runAsUser"] == 10001  # the Dockerfile's
    assert secured["readOnlyRootFilesystem"] is True
    assert secured["allowPrivilegeEscalation"] is False
    assert secured["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert ("readinessProbe" in container) is (name == "standalone")
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/var/lib/watchtower", "/tmp"}
    assert {one["name"] for one in container["env"] if "value" in one} >= {"WATCHTOWER_BASE_URL"}
    assert {mount["name"] for mount in container["volumeMounts"]} == {one["name"] for one in spec["volumes"]}


def test_the_manifests_configuration_loads(tmp_path: Path) -> None:
    [config] = [one["data"] for one in MANIFESTS["standalone"] if one["kind"] == "ConfigMap"]
    (tmp_path / "checks").mkdir()
    (tmp_path / "rules.toml").write_text(config["rules.toml"], encoding="utf-8")
    (tmp_path / "checks/checks.toml").write_text(config["checks.toml"], encoding="utf-8")
    assert load(tmp_path / "rules.toml", tmp_path / "checks", {}).plan.rules


def test_the_role_lets_the_probe_list_what_it_lists_and_nothing_else() -> None:
    documents = yaml.safe_load_all((DEPLOY / "kubernetes/rbac.yaml").read_text("utf-8"))
    [role] = [one for one in documents if one["kind"] == "Role"]
    given = {
        (*rule["apiGroups"], what, *rule["verbs"]) for rule in role["rules"] for what in rule["resources"]
    }
    apps = {("apps", f"{kind}s", "list") for kind in Kubernetes.Settings().workloads}
    assert given == {("", "pods", "list"), *apps}


def test_compose_mounts_what_is_there_and_its_configuration_loads() -> None:
    folder = DEPLOY / "compose"
    services = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))["services"]
    mounts = [mount.split(":") for one in services.values() for mount in one.get("volumes", ())]
    assert all((folder / source).exists() for source, *_ in mounts if source.startswith("."))
    for port in (port for one in services.values() for port in one.get("ports", ())):
        assert port.startswith("127.0.0.1:"), "a trial with known passwords is for this machine"
    environ = services["watchtower"]["environment"]
    plan = DEPLOY.parent / "docs/examples/shop"
    assert (folder / services["watchtower"]["volumes"][-1].split(":")[0]).resolve() == plan
    loaded = load(plan / "rules.toml", plan / "checks", environ)
    assert {warning.name for warning in loaded.warnings} == {"missing-ca-file"}, "the shop writes it"
    assert {"shop", "prometheus", "grafana"} <= set(services)


def test_the_chart_has_a_value_for_all_that_it_asks_and_asks_for_all_that_it_has() -> None:
    chart = DEPLOY / "helm/watchtower"
    asked = set(re.findall(r"\.Values\.(\w+)", (chart / "templates/watchtower.yaml").read_text("utf-8")))
    values = yaml.safe_load((chart / "values.yaml").read_text("utf-8"))
    assert asked == set(values)
    assert yaml.safe_load((chart / "Chart.yaml").read_text("utf-8"))["appVersion"] == __version__
    [config] = [one for one in MANIFESTS["standalone"] if one["kind"] == "ConfigMap"]
    assert config["data"] == {"rules.toml": values["rules"], **values["checks"]}
