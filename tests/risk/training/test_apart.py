"""The training libraries stay in one package, and nothing loads them before a worker has a training before it."""

import ast
from pathlib import Path

import risk.training
from risk import tasks

HEAVY = {"interpret", "lightgbm", "sklearn", "scipy", "pandas"}


def list_top_imports(path: Path) -> set[str]:
    """Return what a module imports as soon as it is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}


def test_libraries_are_imported_where_they_are_used() -> None:
    package = Path(risk.training.__file__).parent
    found = {name.split(".")[0] for path in package.glob("*.py") for name in list_top_imports(path)}
    assert found & HEAVY == set() and "numpy" in found
    inner = "".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    assert all(
        f"    from {name}" in inner or f"    import {name}" in inner for name in ("interpret", "lightgbm", "sklearn")
    )


def test_the_doors_load_training_only_for_a_training() -> None:
    command = Path(tasks.__file__).parent / "management" / "commands" / "train_models.py"
    for path in (Path(tasks.__file__), command):
        assert not any(name.startswith("risk.training") for name in list_top_imports(path))
