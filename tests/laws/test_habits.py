"""Habits that no tool checks: tests wait for nothing, files name no machine, documents name what exists."""

import ast
import re
import subprocess

from tests.laws.sources import ROOT, below, called

ADDRESS_OF_AN_INDEX = re.compile(
    r"--(?:extra-)?index-url|--find-links|https?://[^\s\"')]*(?:/simple\b|pypi)", re.IGNORECASE
)


def test_tests_do_not_sleep():
    def sleeps(node: ast.AST) -> bool:
        if not (isinstance(node, ast.Call) and called(node) == "sleep" and node.args):
            return False
        return not (isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)

    asleep = [source.at(node) for source in below("tests") for node in ast.walk(source.tree) if sleeps(node)]
    assert asleep == []


def test_pins_name_no_index():
    pins = [*ROOT.glob("constraints/*.txt"), *ROOT.glob("compat/**/*.txt"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    named = [
        str(path.relative_to(ROOT)) for path in pins if ADDRESS_OF_AN_INDEX.search(path.read_text(encoding="utf-8"))
    ]
    assert set(named) <= {"Makefile"}, "the Makefile may only ask uv to leave addresses out"


def test_every_pin_has_its_hash():
    for path in ROOT.glob("constraints/*.txt"):
        lines = path.read_text(encoding="utf-8").replace("\\\n", "").splitlines()
        assert [line for line in lines if "==" in line and "--hash=sha256:" not in line] == []


def test_make_lists_every_target():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^\s+make (\S+)", listed, re.MULTILINE))
    wanted = {"setup", "run", "test", "test-fast", "check", "fmt", "laws", "compat", "bench", "openapi", "db", "clean"}
    assert wanted <= targets
