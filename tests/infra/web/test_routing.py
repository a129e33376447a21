from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.infra.web import Operation
from locum.infra.web.routing import Routes

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


async def fixed() -> None: ...
async def by_id(id: UUID) -> None: ...
async def by_name(name: str) -> None: ...
async def change(id: UUID) -> None: ...
async def sub(id: UUID) -> None: ...
async def nested(pool: str, name: str) -> None: ...
async def of_pool(pool: str) -> None: ...
async def deep(rest: str) -> None: ...


ROUTES = Routes(
    [
        Operation("POST", "/things/", fixed),
        Operation("GET", "/things/special", fixed),
        Operation("GET", "/things/{id}", by_id),
        Operation("PATCH", "/things/{id}", change),
        Operation("GET", "/things/{id}/graph", sub),
        Operation("GET", "/things/name/{name}", by_name),
        Operation("GET", "/pools/{pool}/queues/{name}", nested),
        Operation("POST", "/pools/{pool}/queues/filter", of_pool),
        Operation("GET", "/files/{rest:path}", deep),
        Operation("GET", "/{name}", by_name),
    ]
)


def found(method: str, path: str) -> tuple[str | None, dict[str, str]]:
    operation, arguments, _ = ROUTES.find(method, path)
    return (operation.handler.__name__ if operation else None), dict(arguments)


@pytest.mark.parametrize(
    ("method", "path", "handler", "arguments"),
    [
        ("POST", "/things/", "fixed", {}),
        ("POST", "/things", "fixed", {}),
        ("GET", "/things/special", "fixed", {}),
        ("GET", "/things/special/", "fixed", {}),
        ("GET", f"/things/{ID}", "by_id", {"id": ID}),
        ("GET", f"/things/{ID}/", "by_id", {"id": ID}),
        ("GET", f"/things/{ID.upper()}", "by_id", {"id": ID.upper()}),
        ("GET", f"/things/{ID.replace('-', '')}", "by_id", {"id": ID.replace("-", "")}),
        ("PATCH", f"/things/{ID}", "change", {"id": ID}),
        ("GET", f"/things/{ID}/graph", "sub", {"id": ID}),
        ("GET", "/things/name/marvin", "by_name", {"name": "marvin"}),
        ("GET", "/pools/a b/queues/ü", "nested", {"pool": "a b", "name": "ü"}),
        ("GET", "/pools/p/queues/filter", "nested", {"pool": "p", "name": "filter"}),
        ("POST", "/pools/p/queues/filter", "of_pool", {"pool": "p"}),
        ("GET", "/files/a/b/c.txt", "deep", {"rest": "a/b/c.txt"}),
        ("GET", "/anything", "by_name", {"name": "anything"}),
    ],
)
def test_finds(method: str, path: str, handler: str, arguments: dict[str, str]):
    assert found(method, path) == (handler, arguments)


@pytest.mark.parametrize(
    "path",
    [
        "/things/nope",
        f"/things/{{{ID}}}",
        f"/things/urn:uuid:{ID}",
        f"/things/{ID.replace('-', '', 1)}",
        f"/things/{ID[:-1]}",
        "/things/name/",
        "/things/name/a/b",
        "/pools//queues/x",
        "/",
        "",
        "?",
        "/things//",
    ],
)
def test_knows_nothing_of(path: str):
    operation, _, allowed = ROUTES.find("GET", path)
    assert (operation, allowed) == (None, [])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/things/", ["GET", "POST"]),
        ("DELETE", f"/things/{ID}", ["GET", "PATCH"]),
        ("DELETE", "/pools/p/queues/filter", ["GET", "POST"]),
        ("HEAD", "/things/special", ["GET"]),
    ],
)
def test_names_the_methods_that_a_path_takes(method: str, path: str, allowed: list[str]):
    operation, _, methods = ROUTES.find(method, path)
    assert operation is None
    assert sorted(set(methods)) == allowed


def test_one_path_and_method_may_be_listed_once():
    with pytest.raises(ValueError, match="listed twice"):
        Routes([Operation("GET", "/things/{id}", by_id), Operation("GET", "/things/{id}/", by_id)])


@given(st.sampled_from(["GET", "POST", "X"]), st.text(max_size=40))
def test_survives_any_path(method: str, path: str):
    ROUTES.find(method, "/" + path)
