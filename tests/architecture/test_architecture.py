"""What the import contracts cannot see (design §2): relations, hidden imports, clocks, foreign writes, sizes."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
FLOORS = [
    {"simulation"},
    {"analytics"},
    {"marketing"},
    {"segmentation"},
    {"risk", "service"},
    {"lending"},
    {"ledger", "messaging"},
    {"customers"},
    {"staff", "integrations"},
    {"core"},
]
APPS = sorted(set().union(*FLOORS))
HEIGHT = {app: len(FLOORS) - place for place, floor in enumerate(FLOORS) for app in floor}
SOURCES = sorted(
    path for app in [*APPS, "p2pcrm", "bench"] for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
)
FUNCTION_LINES_MAX, FILE_LINES_MAX = 70, 500
# The one framework signal that design §2 allows.
FRAMEWORK_SIGNALS = {"post_migrate", "worker_process_init", "task_prerun", "task_postrun", "setup_logging"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_relations_point_downwards() -> None:
    upward = []
    for model in apps.get_models():
        app = model._meta.app_label
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not getattr(field, "concrete", False) or target is None or isinstance(target, str):
                continue
            other = target._meta.app_label
            if app in HEIGHT and other in HEIGHT and HEIGHT[other] > HEIGHT[app]:
                upward.append(f"{app}.{model.__name__}.{field.name} -> {other}")
    assert upward == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_source_file(path: Path) -> None:
    """Check one file: its length, its functions' lengths, hidden model look-ups, signals, the clock, foreign writes."""
    text = path.read_text(encoding="utf-8")
    tree = parse(path)
    faults = []
    if text.count("\n") > FILE_LINES_MAX:
        faults.append(f"{text.count(chr(10))} lines")
    for function in functions(tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES_MAX:
            faults.append(f"{function.name} has {length} lines")
    faults += list(find_faults(path, tree))
    assert faults == []


def find_faults(path: Path, tree: ast.Module) -> Iterator[str]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_inside = len(parts) > 1 and parts[0] in HEIGHT
    is_logic = is_inside and parts[1] in {"rules", "operations"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "get_model" and ast.unparse(node.func.value) == "apps" and is_inside:
                yield f"line {node.lineno}: get_model hides a dependency"
            if is_logic and ast.unparse(node.func) in {"timezone.now", "datetime.now", "date.today", "clock.now"}:
                yield f"line {node.lineno}: the instant is an argument"
            if is_inside:
                yield from find_foreign_write(parts, node, tree)
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if ast.unparse(decorator).startswith("receiver"):
                    yield f"line {node.lineno}: signals carry no business logic"
            if is_inside and node.name == "save" and parts[1] == "models":
                yield f"line {node.lineno}: models do not override save"


WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "bulk_update"}


def find_foreign_write(parts: tuple[str, ...], node: ast.Call, tree: ast.Module) -> Iterator[str]:
    """Find `Model.objects.create(…)` and the like on a model that another app owns."""
    assert isinstance(node.func, ast.Attribute)
    expression = ast.unparse(node.func)
    match = re.match(r"(\w+)\.objects\b.*\.(\w+)$", expression)
    if match is None:
        return
    model, method = match.groups()
    is_write = method in WRITES or (method in {"update", "delete"} and node.func.attr == method)
    owner = imported_from(tree).get(model)
    if is_write and owner in HEIGHT and owner not in {parts[0], "core"}:
        yield f"line {node.lineno}: {model} belongs to {owner}; call its operations"


def imported_from(tree: ast.Module) -> dict[str, str]:
    """Return the app from which each name of a module was imported as a model."""
    return {
        alias.asname or alias.name: node.module.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and ".models" in node.module
        for alias in node.names
    }


def test_every_app_says_what_it_owns() -> None:
    silent = [app for app in APPS if (ROOT / app).is_dir() and not ast.get_docstring(parse(ROOT / app / "__init__.py"))]
    assert silent == []


def test_every_model_says_what_a_row_is() -> None:
    silent = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in HEIGHT and (model.__doc__ or "").startswith(f"{model.__name__}(")
    ]
    assert silent == []


def test_the_checks_find_what_they_look_for() -> None:
    """Show each check a fault, so that none of them can rot into one that finds nothing."""
    wrong = ast.parse(
        "from customers.models import Customer\n"
        "from django.utils import timezone\n"
        "@receiver(saved)\ndef f():\n    Customer.objects.create()\n    timezone.now()\n    apps.get_model('x')\n"
    )
    faults = list(find_faults(ROOT / "lending" / "operations" / "wrong.py", wrong))
    assert len(faults) == 4


def test_every_benchmark_can_be_started_before_there_are_settings() -> None:
    names = sorted(f"bench.{path.stem}" for path in (ROOT / "bench").glob("*.py") if path.stem != "__main__")
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-c", "; ".join(f"import {name}" for name in names)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
