"""The check of templates."""

import httpx
import pytest

LOOP, END = "{% for a in b %}", "{% endfor %}"
PATHS = ("/templates/validate", "/automations/templates/validate")


@pytest.mark.parametrize("path", PATHS)
async def test_sound_ones(client: httpx.AsyncClient, path: str):
    for template in ("", "x", "{{ a.b | upper }}", f"{LOOP}{LOOP}{END}{END}"):
        assert (await client.post(path, json=template)).status_code == 204


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a\n{{ b", 2, "unexpected end of template"),
        (f"{LOOP * 3}{END * 3}", 0, "at a depth of 3"),
        (f"{LOOP}{END}" * 11, 0, "Contains 11 for loops"),
        ("x" * 20_001, 0, "20000 characters"),
        ("{{ " + "(" * 5000, 0, "nested too deeply"),
    ],
)
async def test_others(client: httpx.AsyncClient, source: str, line: int, words: str):
    answer = await client.post(PATHS[0], json=source)
    error = answer.json()["error"]
    assert (answer.status_code, error["line"], error["source"]) == (422, line, source)
    assert words in error["message"]
