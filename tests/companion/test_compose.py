"""docker-compose.yml without Docker: every command and health check in it, on the test run's PostgreSQL and Redis."""

import os
import re
import socket
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.stack import ROOT, free_port, new_database

pytestmark = pytest.mark.stack

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ("migrate", "web", "chat", "memory", "beat")
SCRIPTS = Path(sysconfig.get_path("scripts"))


def command_of(service):
    """As the image would run it; the web's is the image's own."""
    if "command" in SERVICES[service]:
        return SERVICES[service]["command"]
    return yaml.safe_load(re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def environment(django_db_setup, django_db_blocker, tmp_path_factory):
    """What compose tells its services, for an empty database of their own."""
    with django_db_blocker.unblock():
        url = new_database("compose")
    told = dict.fromkeys(SERVICES["web"]["environment"], "") | {
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "SITE_URL": "https://rosemary.example.org",
        "SIGN_UP": "invitation",
        "ENGINE_DISCOVERY": "false",
        "DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "HOST": "0.0.0.0",  # noqa: S104 - as in the image
        "HOSTNAME": socket.gethostname(),
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "PYTEST"))}
    return kept | told


def run(command, environment, **options):
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60, **options
    )


@pytest.fixture(scope="module")
def migrated(environment):
    """The service that all others wait for has done its work."""
    assert all("migrate" in SERVICES[name]["depends_on"] for name in OURS if name != "migrate")
    answer = run(command_of("migrate"), environment)
    assert answer.returncode == 0, answer.stderr
    return environment


def becomes_healthy(service, environment, port, process, log):
    """Its own health check says so; a shell's variables are written as compose reads them."""
    kind, *test = SERVICES[service]["healthcheck"]["test"]
    words = [word.replace("$$", "$").replace("127.0.0.1:8000", f"127.0.0.1:{port}") for word in test]
    command = ["sh", "-c", words[0]] if kind == "CMD-SHELL" else words
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if run(command, environment).returncode == 0:
            return True
        time.sleep(0.5)
    return pytest.fail(log.read_text()[-2000:])


@pytest.mark.parametrize("service", ["web", "chat", "memory"])
def test_a_service_starts_becomes_healthy_and_ends_when_told(migrated, tmp_path, service):
    port, log = free_port(), tmp_path / "log"
    command = [str(port) if word == "8000" else word for word in command_of(service)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=migrated, stdout=output, stderr=output)
    try:
        assert becomes_healthy(service, migrated, port, process, log)
    finally:
        process.terminate()
        assert process.wait(timeout=30) in (0, -15)


def test_beat_starts(migrated, tmp_path):
    log = tmp_path / "log"
    *command, _ = command_of("beat")  # the last word is where its schedule lies
    command.append(str(tmp_path / "schedule"))
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=migrated, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 30
        while "beat: Starting" not in log.read_text() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert "beat: Starting" in log.read_text()
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_redis_takes_its_command_and_keeps_an_append_only_file(tmp_path):
    ours = ["--bind", "127.0.0.1", "--port", str(free_port()), "--dir", str(tmp_path)]
    process = subprocess.Popen([*command_of("redis"), *ours], env={"PATH": str(SCRIPTS)}, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while not list(tmp_path.rglob("appendonly*")) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.1)
        assert list(tmp_path.rglob("appendonly*"))
    finally:
        process.terminate()
        process.wait(timeout=15)


def test_no_secret_has_a_default_and_each_is_asked_for_by_name():
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "SITE_URL"):
        assert re.findall(rf"\$\{{{name}(.)", text) == [":"] * text.count(f"${{{name}")
        assert f"${{{name}:-" not in text
        assert f"{name}=" in (ROOT / ".env.example").read_text()
    assert re.search(r"^SECRET_KEY=$", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_every_service_that_lasts_has_a_health_check_or_nothing_that_could_answer():
    without = {name for name, service in SERVICES.items() if "healthcheck" not in service}
    assert without == {"migrate", "beat"}


def test_the_image_runs_as_an_ordinary_user_and_holds_all_that_runs():
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["rosemary"]
    copied = " ".join(re.findall(r"^COPY (.*)$", DOCKERFILE, re.MULTILINE))
    for needed in ("manage.py", "companion/", "memory/", "worker/", "frontend/dist", "requirements.lock"):
        assert needed in copied
    ignored = (ROOT / ".dockerignore").read_text().split()
    for source in ("manage.py", "companion", "memory", "worker", "frontend", "requirements.lock", "pyproject.toml"):
        assert f"!{source}" in ignored
