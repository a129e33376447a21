"""Logs: write and filter."""

from __future__ import annotations

from typing import Any

from compat.twin.making import NOBODY, flow, run, task_run
from compat.twin.recorder import Recorder
from compat.twin.registry import case


def _lines(t: Recorder) -> tuple[str, str]:
    """Six lines of one run, the last two of a task of it."""
    one = run(t, flow(t).id).id
    task = task_run(t, one).id
    lines = [
        {
            "name": "prefect.flow_runs",
            "level": 10 * (i + 1),
            "message": f"word number {i}",
            "timestamp": t.at(seconds=i - 10),
            "flow_run_id": one,
            **({"task_run_id": task} if i > 3 else {}),
        }
        for i in range(6)
    ]
    t.post("/logs/", lines)
    return one, task


def _ask(t: Recorder, run_id: str, **more: Any) -> None:
    wanted = more.pop("logs", {})
    t.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}, **wanted}, "sort": "TIMESTAMP_ASC", **more})


@case
def write_and_read(t: Recorder) -> None:
    one, task = _lines(t)
    _ask(t, one)
    t.post("/logs/filter", {"logs": {"task_run_id": {"any_": [task]}}, "sort": "TIMESTAMP_DESC"})
    t.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [NOBODY]}}})


@case
def write_nothing_and_without_a_run(t: Recorder) -> None:
    t.post("/logs/", [])
    t.post("/logs/", [{"name": t.name(), "level": 20, "message": "loose", "timestamp": t.at()}])


@case
def write_refused(t: Recorder) -> None:
    good = {"name": "n", "level": 20, "message": "m", "timestamp": t.at()}
    t.post("/logs/", {})
    t.post("/logs/", good)
    t.post("/logs/", [{}])
    for bad in (
        {"level": "x"},
        {"message": 1},
        {"timestamp": "x"},
        {"flow_run_id": "x"},
        {"surprise": 1},
        {"name": None},
        {"message": None},
    ):
        t.post("/logs/", [good, {**good, **bad}])
    t.post("/logs/")


@case
def by_level_and_time(t: Recorder) -> None:
    one, _ = _lines(t)
    _ask(t, one, logs={"level": {"ge_": 40}})
    _ask(t, one, logs={"level": {"le_": 20}})
    _ask(t, one, logs={"level": {"ge_": 20, "le_": 30}})
    _ask(t, one, logs={"timestamp": {"after_": t.at(seconds=-7)}})
    _ask(t, one, logs={"timestamp": {"before_": t.at(seconds=-7)}})
    _ask(t, one, logs={"timestamp": {"before_": t.at(seconds=-6), "after_": t.at(seconds=-9)}})
    _ask(t, one, logs={"task_run_id": {"is_null_": True}})
    _ask(t, one, logs={"task_run_id": {"is_null_": False}})


@case
def by_text(t: Recorder) -> None:
    one, _ = _lines(t)
    queries = (
        "number",
        '"number 3"',
        "word -3",
        "word !3",
        "3 4",
        "+word +3",
        "NUMBER",
        "flow_runs",
        "nothing",
        "",
        "4 -number",
        "\\-3",
        '"unclosed',
    )
    for query in queries:
        _ask(t, one, logs={"text": {"query": query}})
    _ask(t, one, logs={"text": {"query": "x" * 201}})


@case
def joined_by_or(t: Recorder) -> None:
    one, task = _lines(t)
    both = {"operator": "or_", "task_run_id": {"any_": [task]}, "flow_run_id": {"any_": [one]}}
    t.post("/logs/filter", {"logs": both, "sort": "TIMESTAMP_ASC"})
    t.post("/logs/filter", {"logs": {**both, "operator": "and_"}, "sort": "TIMESTAMP_ASC"})


@case
def limit_offset_and_sort(t: Recorder) -> None:
    one, _ = _lines(t)
    _ask(t, one, limit=2, offset=1)
    _ask(t, one, limit=0)
    _ask(t, one, sort="TIMESTAMP_DESC", limit=1)
    for bad in ({"limit": 201}, {"limit": -1}, {"offset": -1}, {"sort": "NAME_ASC"}):
        _ask(t, one, **bad)
    for bad in ({"level": {"ge_": "x"}}, {"colour": 1}, {"text": {}}, {"flow_run_id": {"any_": ["x"]}}):
        t.post("/logs/filter", {"logs": bad})


@case
def odd_text(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    messages = ("", "é☃😀", "tab\tand\nline", "\u2028", "x" * 5000, "<b>&amp;</b>", "\x7f\x1b[31m")
    line = {"name": "n", "level": 20, "flow_run_id": one}
    t.post("/logs/", [{**line, "message": m, "timestamp": t.at(seconds=i)} for i, m in enumerate(messages)])
    _ask(t, one)


@case
def nul_is_dropped(t: Recorder) -> None:
    one = run(t, flow(t).id).id
    line = {"level": 20, "flow_run_id": one, "timestamp": t.at()}
    t.post("/logs/", [{**line, "name": "a\x00b", "message": "c\x00d"}])
    _ask(t, one)
