"""Law 1: arrows point one way, in plain sight."""

import ast
import subprocess
import sys
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
