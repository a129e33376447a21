"""What the laws look at: the project's Python files, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "locum"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Where it is, from the root of the repository."""
        return str(self.path.relative_to(ROOT))

    @property
    def parts(self) -> tuple[str, ...]:
        """Its place within the package: `("features", "flows", "store")`."""
        return self.path.relative_to(PACKAGE).with_suffix("").parts

    def functions(self) -> Iterator[Function]:
        """Every function in it, however deep."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def at(self, node: ast.AST) -> str:
        """A place in it, to click on."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"


@cache
def below(*folders: str) -> tuple[Source, ...]:
    """All files in these folders of the repository."""
    found: list[Source] = []
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found.append(Source(path, text, ast.parse(text)))
    return tuple(found)


def everything() -> tuple[Source, ...]:
    """All Python of the project."""
    return below("src", "tests", "compat", "bench", "openapi")


def of_features() -> Iterator[tuple[str, str, Source]]:
    """The modules of features: feature, room, file; a room that is a folder keeps its name."""
    for source in below("src/locum/features"):
        _, feature, *rest = source.parts
        if rest and rest != ["__init__"]:
            yield feature, rest[0], source


def called(node: ast.Call) -> str:
    """The last part of the name that is called: `insert` for `sa.insert(...)`."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
