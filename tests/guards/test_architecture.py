"""The architecture guards itself: what must hold of every task, every model and every view."""

import ast
import inspect
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from memory.models.owned import OwnedModel
from worker.app import Queue, app

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = [path for house in ("companion", "memory", "worker") for path in (ROOT / house).rglob("*.py")]
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}


def tasks():
    app.loader.import_default_modules()
    return [task for name, task in app.tasks.items() if name.startswith("worker.")]


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
def test_every_task_names_its_queue(task):
    assert task.queue in set(Queue)


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
def test_every_task_takes_only_ids(task):
    for parameter in inspect.signature(task.run).parameters.values():
        assert parameter.name.endswith("_id")
        assert parameter.annotation in (int, str)


@pytest.mark.parametrize("model", apps.get_app_config("memory").get_models(), ids=lambda model: model.__name__)
def test_every_model_of_memory_belongs_to_a_person_and_goes_with_them(model):
    assert issubclass(model, OwnedModel)
    owner = model._meta.get_field("owner")
    assert not owner.null
    assert owner.remote_field.on_delete is models.CASCADE


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_vague_or_too_long(path):
    assert path.stem not in VAGUE
    assert len(path.read_text().splitlines()) < 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_exception_is_swallowed(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            assert not all(isinstance(step, ast.Pass) for step in node.body), f"line {node.lineno}"


def test_settings_are_read_from_the_environment_in_one_place():
    for path in SOURCES:
        if path.name not in ("settings.py", "manage.py") and "operations" not in path.parts:
            reads = [line for line in path.read_text().splitlines() if "os.environ" in line]
            allowed = all("DJANGO_SETTINGS_MODULE" in line or "ENCODER_" in line for line in reads)
            assert allowed, path


def views(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback


def test_every_view_of_a_persons_rows_asks_who_it_is():
    ours = [(path, view) for path, view in views(get_resolver().url_patterns) if "chat.views" in view.__module__]
    assert ours
    for path, view in ours:
        assert hasattr(view, "__wrapped__"), f"{path} is open to everybody"


@pytest.mark.parametrize("path", sorted((ROOT / "companion").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_companion_reads_owned_rows_only_while_acting_as_somebody(path):
    """A module that queries memory's models says as whom, or says that its caller does."""
    text = path.read_text()
    queries = any(f"{model.__name__}.objects" in text for model in apps.get_app_config("memory").get_models())
    if queries and "migrations" not in path.parts:
        assert "acting_as" in text


def test_the_web_process_never_imports_torch():
    import subprocess
    import sys

    code = (
        "import companion.asgi, sys; raise SystemExit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
