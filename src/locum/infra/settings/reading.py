"""Reads the settings: the environment first, then `.env`, then the active profile of PREFECT_HOME."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from locum.infra.problem import Problem
from locum.infra.settings.fields import Also, Ours
from locum.infra.settings.server import Settings

Named = dict[str, tuple[str, str]]
"""Variables by name: the value, and where it was found."""


class SettingsError(Problem):
    """A setting that cannot be used."""


def is_ours(field: FieldInfo) -> bool:
    """Whether the peer has no such setting."""
    return any(isinstance(mark, Ours) for mark in field.metadata)


def group_of(field: FieldInfo) -> type[BaseModel] | None:
    """The group that the field holds, or None where it holds a value."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def names_of(path: tuple[str, ...], field: FieldInfo) -> tuple[str, ...]:
    """The variables that set the field at that path, in order of precedence."""
    tail = "_".join(path).upper()
    further = tuple(name for mark in field.metadata if isinstance(mark, Also) for name in mark.names)
    if is_ours(field):
        return (f"LOCUM_{tail}", *further)
    return (f"LOCUM_{tail}", *(n for n in further if n.startswith("LOCUM_")), f"PREFECT_SERVER_{tail}", *further)


def leaves(group: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every field that holds a value, with its path."""
    for name, field in group.model_fields.items():
        inner = group_of(field)
        if inner is None:
            yield (*path, name), field
        else:
            yield from leaves(inner, (*path, name))


def _dotenv(path: Path) -> Named:
    found: Named = {}
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return found
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or name.startswith("#"):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        else:
            value = value.split(" #", 1)[0].rstrip()
        found[name.strip()] = (value, str(path))
    return found


def _profile(environment: Mapping[str, str]) -> Named:
    home = Path(environment.get("PREFECT_HOME", "~/.prefect")).expanduser()
    path = Path(environment.get("PREFECT_PROFILES_PATH", home / "profiles.toml"))
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
    active = environment.get("PREFECT_PROFILE", document.get("active", ""))
    profile = cast("dict[str, dict[str, Any]]", document.get("profiles", {})).get(active, {})
    return {name: (str(value), f"profile {active!r} in {path}") for name, value in profile.items()}


def _variables(environment: Mapping[str, str], directory: Path) -> Named:
    found = _profile(environment) | _dotenv(directory / ".env")
    return found | {name: (value, "the environment") for name, value in environment.items()}


def _place(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        values = cast("dict[str, Any]", values.setdefault(step, {}))
    values[path[-1]] = value


def read_settings(
    environment: Mapping[str, str] | None = None, *, directory: Path | None = None, overrides: Mapping[str, Any] = {}
) -> Settings:
    """The settings; `overrides` are the command line's, by dotted path, and win. Raises SettingsError."""
    environment = os.environ if environment is None else environment
    variables = _variables(environment, directory or Path.cwd())
    values: dict[str, Any] = {}
    origin: dict[tuple[str, ...], str] = {}
    for path, field in leaves(Settings):
        for name in names_of(path, field):
            if name in variables:
                value, source = variables[name]
                _place(values, path, value)
                origin[path] = name if source == "the environment" else f"{name} (from {source})"
                break
    for dotted, value in overrides.items():
        path = tuple(dotted.split("."))
        _place(values, path, value)
        origin[path] = f"--{path[-1].replace('_', '-')}"
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_one_line(error, origin)) from None


def _one_line(error: ValidationError, origin: dict[tuple[str, ...], str]) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    path = tuple(str(step) for step in first["loc"])
    name = next((origin[path[:n]] for n in range(len(path), 0, -1) if path[:n] in origin), ".".join(path))
    message = first["msg"]
    return f"{name}: {message[:1].lower()}{message[1:]}"


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like ours but set nothing, for a warning: most likely misspelt."""
    known = {name for path, field in leaves(Settings) for name in names_of(path, field)}
    return sorted(name for name in environment if name.startswith("LOCUM_") and name not in known)
