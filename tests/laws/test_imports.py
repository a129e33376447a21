"""Law 1: arrows point one way, in plain sight."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.laws.sources import ROOT, below, everything


def test_contracts_are_kept():
    checker = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([checker], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[-3000:]


def test_no_import_hides_in_a_function():
    hidden = [
        source.at(node)
        for source in everything()
        for function in source.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_no_import_is_for_types_only():
    assert [
        source.name for source in everything() if "if TYPE_CHECKING" in source.text and "laws" not in source.name
    ] == []


def test_modules_are_loaded_late_in_one_place_only():
    late = [source.name for source in below("src") if "import_module" in source.text or "__import__" in source.text]
    assert late == ["src/locum/app/lazy.py"]


def test_black_box_stays_black():
    inside = [
        source.at(node)
        for source in below("compat")
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "locum")
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "locum" for name in node.names))
    ]
    assert inside == []


PROJECTS = {name: {one.lower() for one in found} for name, found in packages_distributions().items()}


def test_what_is_imported_is_declared():
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {project_of(line) for line in document["project"]["dependencies"]}
    dev = needed | {project_of(line) for line in document["dependency-groups"]["dev"]} | {"alembic", "locum"}
    undeclared = [
        f"{source.at(node)}: {name}"
        for folders, allowed in ((("src",), needed | {"locum"}), (("tests", "bench", "openapi"), dev))
        for source in below(*folders)
        for node in ast.walk(source.tree)
        for name in imported(node)
        if name not in sys.stdlib_module_names
        and name not in {"tests", "bench", "openapi", "compat", "conftest"}
        and not ({*PROJECTS.get(name, ()), name.replace("_", "-")} & allowed)
    ]
    assert undeclared == []


def project_of(requirement: str) -> str:
    return re.split(r"[\[<>=;~! ]", requirement, maxsplit=1)[0].lower()


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {name.name.split(".")[0] for name in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.split(".")[0]}
    return set()
