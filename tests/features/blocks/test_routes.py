"""The operations of blocks, and where results go by default."""

from typing import Any

import httpx
from sqlalchemy import text

from locum.domain.clock import now
from locum.domain.ids import new_id
from locum.features.blocks.commands import installing
from locum.infra.db import Db

EVENTS = text("SELECT event, payload FROM event ORDER BY seq")
PLAIN = "a value that nobody is to see"
FIELDS: dict[str, Any] = {
    "title": "Engine",
    "properties": {"host": {"type": "string"}, "key": {"type": "string"}},
    "secret_fields": ["key"],
    "block_schema_references": {},
}


async def _type(client: httpx.AsyncClient, slug: str = "engine", **fields: Any) -> str:
    answer = await client.post("/block_types/", json={"name": slug.title(), "slug": slug, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def _schema(client: httpx.AsyncClient, type_id: str, fields: dict[str, Any] = FIELDS, **more: Any) -> Any:
    answer = await client.post("/block_schemas/", json={"fields": fields, "block_type_id": type_id, **more})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def _document(client: httpx.AsyncClient, name: str, ids: dict[str, str], **more: Any) -> Any:
    answer = await client.post(
        "/block_documents/", json={"name": name, "data": {"host": "h", "key": PLAIN}, **ids, **more}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def _ids(client: httpx.AsyncClient, slug: str = "engine", **more: Any) -> dict[str, str]:
    type_id = await _type(client, slug)
    schema = await _schema(client, type_id, {**FIELDS, "block_type_slug": slug}, **more)
    return {"block_type_id": type_id, "block_schema_id": schema["id"]}


async def _data(client: httpx.AsyncClient, document_id: str) -> Any:
    return (await client.get(f"/block_documents/{document_id}?include_secrets=true")).json()["data"]


class TestTypes:
    async def test_markup_is_escaped_and_slugs_are_unique(self, client: httpx.AsyncClient):
        type_id = await _type(client, description="<b>")
        assert (await client.get(f"/block_types/{type_id}")).json()["description"] == "&lt;b&gt;"
        assert (await client.post("/block_types/", json={"name": "x", "slug": "engine"})).status_code == 409
        assert (await client.post("/block_types/", json={"name": "Prefect x", "slug": "x"})).status_code == 403

    async def test_changed_where_it_differs(self, client: httpx.AsyncClient, db: Db):
        type_id = await _type(client)
        for _ in range(2):
            assert (await client.patch(f"/block_types/{type_id}", json={"logo_url": "l"})).status_code == 204
        assert [row["event"] for row in await db.rows(EVENTS)] == [
            "prefect.block-type.created",
            "prefect.block-type.updated",
        ]
        assert (await client.patch(f"/block_types/{new_id()}", json={})).status_code == 404

    async def test_deleted_with_all_that_hangs_on_it(self, client: httpx.AsyncClient):
        ids = await _ids(client)
        made = await _document(client, "doc", ids)
        assert (await client.delete(f"/block_types/{ids['block_type_id']}")).status_code == 204
        assert (await client.get(f"/block_documents/{made['id']}")).status_code == 404
        assert (await client.get(f"/block_schemas/{ids['block_schema_id']}")).status_code == 404

    async def test_listed_by_what_their_blocks_can_do(self, client: httpx.AsyncClient):
        await _ids(client, "able", capabilities=["write-path", "other"])
        await _ids(client, "unable")
        wanted = {"block_schemas": {"block_capabilities": {"all_": ["write-path"]}}}
        assert [one["slug"] for one in (await client.post("/block_types/filter", json=wanted)).json()] == ["able"]
        assert (await client.get("/block_capabilities/")).json() == ["other", "write-path"]


class TestSystemTypes:
    async def test_installed_and_protected(self, client: httpx.AsyncClient, db: Db):
        await _type(client, "secret")
        assert await installing.complete(db, now())
        assert not await installing.complete(db, now())
        assert (await client.post("/block_types/install_system_block_types")).status_code == 200
        found = (await client.get("/block_types/slug/secret")).json()
        assert (await client.delete(f"/block_types/{found['id']}")).status_code == 403
        (schema,) = (
            await client.post(
                "/block_schemas/filter", json={"block_schemas": {"block_type_id": {"any_": [found["id"]]}}}
            )
        ).json()
        assert schema["fields"]["secret_fields"] == ["value"]
        assert (await client.delete(f"/block_schemas/{schema['id']}")).status_code == 403


class TestSchemas:
    async def test_the_same_is_made_once(self, client: httpx.AsyncClient):
        type_id = await _type(client)
        made = await _schema(client, type_id)
        assert await _schema(client, type_id) == made
        newer = await _schema(client, type_id, version="2")
        found = (await client.get(f"/block_schemas/checksum/{made['checksum']}")).json()
        assert (found["id"], newer["checksum"]) == (newer["id"], made["checksum"])
        assert (await client.get(f"/block_schemas/checksum/{made['checksum']}?version=3")).status_code == 404

    async def test_nested_ones_are_made_with_it(self, client: httpx.AsyncClient):
        inner_type, outer_type = await _type(client, "inner"), await _type(client, "outer")
        inner = {**FIELDS, "title": "Inner", "block_type_slug": "inner"}
        reference = {"block_type_slug": "inner", "block_schema_checksum": "sha256:0"}
        fields = {
            "title": "Outer",
            "properties": {"one": {"$ref": "#/definitions/Inner"}},
            "definitions": {"Inner": inner},
            "block_schema_references": {"one": reference},
        }
        made = await _schema(client, outer_type, fields)
        wanted = {"block_schemas": {"block_type_id": {"any_": [inner_type]}}}
        (nested,) = (await client.post("/block_schemas/filter", json=wanted)).json()
        reference["block_schema_checksum"] = nested["checksum"]
        assert made["fields"] == {**fields, "block_schema_references": {"one": reference}}

    async def test_of_types_that_are_not_there(self, client: httpx.AsyncClient):
        body = {"fields": FIELDS, "block_type_id": str(new_id())}
        assert (await client.post("/block_schemas/", json=body)).status_code == 404
        unknown = {"a": {"block_type_slug": "none", "block_schema_checksum": "x"}}
        body = {"fields": {**FIELDS, "block_schema_references": unknown}, "block_type_id": await _type(client)}
        assert (await client.post("/block_schemas/", json=body)).status_code == 409


class TestOddSchemas:
    async def test_clients_may_write_anything(self, client: httpx.AsyncClient):
        type_id = await _type(client)
        everything: tuple[Any, ...] = (5, {}, [1, None], None, "key")
        for odd in everything:
            fields: dict[str, Any] = {"secret_fields": odd, "title": [], "properties": odd, "n": 2**70}
            schema = await _schema(client, type_id, fields, version=repr(odd))
            ids = {"block_type_id": type_id, "block_schema_id": schema["id"]}
            made = await _document(client, new_id().hex, ids, data={"key": 2**70})
            assert made["data"] == {"key": 2**70}

    async def test_definitions_are_an_object(self, client: httpx.AsyncClient):
        type_id = await _type(client)
        definitions: tuple[Any, ...] = (5, [1], "x")
        for odd in definitions:
            body: dict[str, Any] = {"fields": {"definitions": odd}, "block_type_id": type_id}
            assert (await client.post("/block_schemas/", json=body)).status_code == 422
        references: tuple[Any, ...] = (
            5,
            {"block_type_slug": 1},
            {"block_type_slug": "engine", "block_schema_checksum": "x"},
        )
        for odd in references:
            body = {"fields": {"block_schema_references": {"a": odd}}, "block_type_id": type_id}
            assert (await client.post("/block_schemas/", json=body)).status_code == 422


class TestDocuments:
    async def test_secrets_are_shown_on_request_only(self, client: httpx.AsyncClient):
        made = await _document(client, "doc", await _ids(client))
        assert made["data"] == {"host": "h", "key": "********"}
        assert (await client.get(f"/block_documents/{made['id']}")).json() == made
        assert await _data(client, made["id"]) == {"host": "h", "key": PLAIN}
        path = "/block_types/slug/engine/block_documents"
        assert (await client.get(path)).json() == [made]
        by_name = await client.get(f"{path}/name/doc", params={"include_secrets": True})
        assert by_name.json()["data"]["key"] == PLAIN

    async def test_nothing_lies_in_the_database_in_plain(self, client: httpx.AsyncClient, db: Db):
        made = await _document(client, "doc", await _ids(client))
        await client.patch(f"/block_documents/{made['id']}", json={"data": {"key": PLAIN + "!"}})
        tables = await db.rows(text("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"))
        for table in tables:
            count = text(f"SELECT count(*) FROM \"{table['name']}\" t WHERE t::text LIKE '%{PLAIN}%'")
            assert await db.value(count) == 0, table["name"]

    async def test_names_are_unique_by_type(self, client: httpx.AsyncClient):
        ids = await _ids(client)
        await _document(client, "doc", ids)
        answer = await client.post("/block_documents/", json={"name": "doc", **ids})
        assert (answer.status_code, answer.json()) == (409, {"detail": "Block already exists"})
        assert (await client.post("/block_documents/", json={"name": "A b", **ids})).status_code == 422
        assert (await client.post("/block_documents/", json=ids)).status_code == 422

    async def test_anonymous_ones_are_found_when_asked_for(self, client: httpx.AsyncClient, db: Db):
        ids = await _ids(client)
        answer = await client.post("/block_documents/", json={"is_anonymous": True, **ids})
        assert answer.json()["name"].startswith("anonymous-")
        assert (await client.post("/block_documents/count", json={})).json() == 0
        wanted = {"block_documents": {"is_anonymous": {"eq_": True}}}
        assert len((await client.post("/block_documents/filter", json=wanted)).json()) == 1
        assert "prefect.block-document.created" not in [row["event"] for row in await db.rows(EVENTS)]

    async def test_changes_keep_what_was_hidden(self, client: httpx.AsyncClient):
        made = await _document(client, "doc", await _ids(client))
        await client.patch(f"/block_documents/{made['id']}", json={"data": {**made["data"], "host": "new"}})
        assert await _data(client, made["id"]) == {"host": "new", "key": PLAIN}
        await client.patch(f"/block_documents/{made['id']}", json={"data": {"a": 1}, "merge_existing_data": False})
        assert await _data(client, made["id"]) == {"a": 1}

    async def test_schemas_change_within_the_type(self, client: httpx.AsyncClient):
        ids, other = await _ids(client), await _ids(client, "other")
        made = await _document(client, "doc", ids)
        body: dict[str, Any] = {"data": {}, "block_schema_id": other["block_schema_id"]}
        assert (await client.patch(f"/block_documents/{made['id']}", json=body)).status_code == 400
        newer = await _schema(client, ids["block_type_id"], version="2")
        body["block_schema_id"] = newer["id"]
        assert (await client.patch(f"/block_documents/{made['id']}", json=body)).status_code == 204
        assert (await client.get(f"/block_documents/{made['id']}")).json()["block_schema"]["version"] == "2"

    async def test_nested_ones_lie_in_the_data(self, client: httpx.AsyncClient):
        ids = await _ids(client)
        inner = await _document(client, "inner", ids)
        reference = {"$ref": {"block_document_id": inner["id"]}}
        outer = await _document(client, "outer", ids, data={"one": reference})
        assert outer["data"] == {"one": {"host": "h", "key": "********"}}
        assert outer["block_document_references"]["one"]["block_document"]["name"] == "inner"
        back = {"data": {"back": {"$ref": {"block_document_id": outer["id"]}}}}
        assert (await client.patch(f"/block_documents/{inner['id']}", json=back)).status_code == 400
        await client.delete(f"/block_documents/{inner['id']}")
        assert (await client.get(f"/block_documents/{outer['id']}")).json()["data"] == {}

    async def test_references_to_nothing(self, client: httpx.AsyncClient):
        ids = await _ids(client)
        for reference, status in (({}, 400), ("x", 400), ({"block_document_id": str(new_id())}, 409)):
            body = {"name": "doc", "data": {"a": {"$ref": reference}}, **ids}
            assert (await client.post("/block_documents/", json=body)).status_code == status

    async def test_is_announced_without_secrets(self, client: httpx.AsyncClient, db: Db):
        made = await _document(client, "doc", await _ids(client))
        await client.delete(f"/block_documents/{made['id']}")
        assert (await client.delete(f"/block_documents/{made['id']}")).status_code == 404
        rows = await db.rows(EVENTS)
        assert [row["event"] for row in rows[1:]] == [
            "prefect.block-document.created",
            "prefect.block-document.deleted",
        ]
        assert '"data":{"host":"h"}' in rows[1]["payload"]


class TestStorageByDefault:
    async def test_set_cleared_and_gone_with_its_block(self, client: httpx.AsyncClient):
        made = await _document(client, "doc", await _ids(client, capabilities=["write-path"]))
        nothing, body = {"default_result_storage_block_id": None}, {"default_result_storage_block_id": made["id"]}
        assert (await client.put("/admin/storage", json=body)).json() == body
        assert (await client.get("/admin/storage")).json() == body
        assert (await client.delete("/admin/storage")).status_code == 204
        assert (await client.get("/admin/storage")).json() == nothing
        await client.put("/admin/storage", json=body)
        await client.delete(f"/block_documents/{made['id']}")
        assert (await client.get("/admin/storage")).json() == nothing

    async def test_only_blocks_that_can_be_written_to(self, client: httpx.AsyncClient):
        made = await _document(client, "doc", await _ids(client))
        for block_id, status in ((made["id"], 422), (str(new_id()), 404)):
            answer = await client.put("/admin/storage", json={"default_result_storage_block_id": block_id})
            assert answer.status_code == status
