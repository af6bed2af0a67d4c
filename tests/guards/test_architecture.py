"""The architecture guards itself: what must hold of every task, every model and every view."""

import ast
import inspect
from pathlib import Path
from uuid import UUID

import pytest
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from memory.models.owned import OwnedModel
from worker.app import ROUTES, app

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = [path for house in ("companion", "memory", "worker") for path in (ROOT / house).rglob("*.py")]
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}


def tasks():
    app.loader.import_default_modules()
    return [task for name, task in sorted(app.tasks.items()) if name.startswith("worker.")]


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
def test_every_task_has_a_queue_of_its_own_kind(task):
    assert task.name in ROUTES
    assert app.amqp.router.route({}, task.name)["queue"].name == ROUTES[task.name]["queue"]


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
def test_every_task_takes_only_ids(task):
    for parameter in inspect.signature(task.run).parameters.values():
        assert parameter.name.endswith(("_id", "_ids"))
        assert parameter.annotation in (int, str, list[int])


OF_NOBODY = {"HousePolicy"}  # what is ruled for everybody
OF_PEOPLE = [model for model in apps.get_app_config("memory").get_models() if model.__name__ not in OF_NOBODY]


@pytest.mark.parametrize("model", OF_PEOPLE, ids=lambda model: model.__name__)
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


def patterns(some):
    """Every address that leads to a view."""
    for one in some:
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns)
        elif isinstance(one, URLPattern):
            yield one


# What may be asked without an account; any other address leads to the page for signing in.
OPEN_TO_ALL = {
    "account_signup",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_confirm_email",
    "accounts_invitation",
    "accounts_try_engine",  # the first run asks it; whoever may not is refused
    "catalogue",
    "goodbye",  # whoever leaves has no account; the code in the link is theirs alone
    "goodbye_receipt",
    "goodbye_back",
    "live",
    "ready",
    "metrics",
}
EXAMPLES = {"conversation_id": UUID(int=1), "pk": 1, "code": "code", "key": "key", "uidb36": "1"}
EXAMPLES |= dict.fromkeys(("memory_id", "step_id", "period_id", "erasure_id", "companion_id", "line_id"), 1)
CLOSED = [pattern for pattern in patterns(get_resolver().url_patterns) if pattern.name not in OPEN_TO_ALL]


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", CLOSED, ids=lambda pattern: pattern.name)
def test_every_page_asks_who_it_is_unless_it_is_listed_as_open(client, ana, pattern):
    arguments = {name: EXAMPLES[name] for name in pattern.pattern.regex.groupindex}
    address = reverse(pattern.name, kwargs=arguments)
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


def test_the_list_of_open_pages_names_only_pages_that_exist():
    assert {pattern.name for pattern in patterns(get_resolver().url_patterns)} >= OPEN_TO_ALL


OWNED = {model.__name__ for model in apps.get_app_config("memory").get_models()}
COMPANION = sorted(path for path in (ROOT / "companion").rglob("*.py") if "migrations" not in path.parts)


def loose_queries(tree):
    """Where `Turn.objects` and its like are followed by anything but `.of(person)` or `.create(owner=…)`."""
    after = {id(node.value): node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in OWNED:
            reaches = node.attr == "objects" and after.get(id(node)) in ("of", "create")
            if node.attr in ("_default_manager", "_base_manager") or (node.attr == "objects" and not reaches):
                yield f"line {node.lineno}: {ast.unparse(node)}.{after.get(id(node), '')}"


@pytest.mark.parametrize("path", COMPANION, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_people_touch_reaches_a_persons_rows_only_through_that_persons_manager(path):
    text = path.read_text()
    assert list(loose_queries(ast.parse(text))) == []
    if any(f"{name}.objects" in text for name in OWNED):
        assert "acting_as" in text, "row-level security shows nothing to a query that does not say as whom"


@pytest.mark.parametrize(
    "query", ["Turn.objects.all()", "Turn.objects.filter(pk=1)", "x = Turn.objects", "Turn._base_manager"]
)
def test_the_guard_sees_a_query_that_is_nobodys(query):
    assert list(loose_queries(ast.parse(query)))
    assert not list(loose_queries(ast.parse("Turn.objects.of(person.pk).filter(pk=1)")))


def test_the_web_process_never_imports_torch():
    import subprocess
    import sys

    code = (
        "import companion.asgi, sys; raise SystemExit('torch' in sys.modules or 'sentence_transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
