"""Blocks as programs save, load and change them, and where flows find their results in one."""

from __future__ import annotations

from compat.scenarios.site import Site, unique

CLASSES = """
    from typing import Optional, Union

    from prefect.blocks.core import Block
    from prefect.blocks.fields import SecretDict
    from pydantic import BaseModel, Field, SecretStr

    class Key(Block):
        _block_type_name = "Key MARK"
        _block_type_slug = "key-MARK"
        user: str
        token: SecretStr

    class Options(BaseModel):
        depth: int = 1
        password: Optional[SecretStr] = None

    class Store(Block):
        _block_type_name = "Store MARK"
        _block_type_slug = "store-MARK"
        _block_schema_capabilities = ["read", "write"]
        url: str
        key: Key
        spare: Optional[Key] = None
        options: Options = Options()
        headers: SecretDict = Field(default_factory=SecretDict)
        tags: list[str] = []
"""
LIVES = """
    import asyncio, json
    from prefect.blocks.core import Block
    from prefect.blocks.fields import SecretDict
    from pydantic import SecretStr
    from classes import Key, Options, Store

    told = {}
    key = Key(user="me", token="t0ken-deep")
    store = Store(url="x://y", key=key, options=Options(depth=2, password=SecretStr("p4ss")),
                  headers=SecretDict({"auth": "h3ader"}), tags=["a"])
    first = store.save("MARK-store")
    told["id"] = str(first)

    again = Store.load("MARK-store")
    told["loaded"] = [again.url, again.key.user, again.key.token.get_secret_value(), again.options.depth,
                      again.options.password.get_secret_value(), again.headers.get_secret_value(), again.tags, again.spare]
    told["ids"] = str(again._block_document_id) == told["id"] and again._block_document_name == "MARK-store"
    told["by slug"] = Block.load("store-MARK/MARK-store").key.user
    told["by id"] = Store.load_from_ref(first).url
    told["by ref"] = Block.load_from_ref({"block_document_slug": "store-MARK/MARK-store"}).url

    try:
        store.save("MARK-store")
    except ValueError as error:
        told["twice"] = "already in use" in str(error)
    again.url, again.key.token = "x://z", SecretStr("t0ken-new")
    told["same id"] = str(again.save("MARK-store", overwrite=True)) == told["id"]
    changed = Store.load("MARK-store")
    told["changed"] = [changed.url, changed.key.token.get_secret_value(), changed.headers.get_secret_value()]

    saved = Key(user="apart", token="t0ken-apart")
    saved.save("MARK-key")
    referring = Store(url="x://r", key=Key.load("MARK-key"), spare=Key.load("MARK-key"))
    referring.save("MARK-referring")
    Key(user="renamed", token="t0ken-apart").save("MARK-key", overwrite=True)
    follows = Store.load("MARK-referring")
    told["follows"] = [follows.key.user, follows.spare.user]

    anonymous = Key(user="anon", token="t0ken-anon")
    told["anonymous"] = str(asyncio.run(anonymous._save(is_anonymous=True)))

    Store.delete("MARK-referring")
    try:
        Store.load("MARK-referring")
    except ValueError as error:
        told["deleted"] = "Unable to find" in str(error)
    print(json.dumps(told))
"""


def test_the_life_of_a_block(site: Site) -> None:
    """Saved, loaded, overwritten, nested, referred to, anonymous and deleted; secrets are hidden but from its class."""
    mark = unique("m")
    site.write("classes.py", CLASSES.replace("MARK", mark))
    told = site.program(LIVES.replace("MARK", mark))
    assert told.pop("loaded") == ["x://y", "me", "t0ken-deep", 2, "p4ss", {"auth": "h3ader"}, ["a"], None]
    assert told.pop("changed") == ["x://z", "t0ken-new", {"auth": "h3ader"}]
    assert told.pop("follows") == ["renamed", "renamed"]
    assert (told.pop("by slug"), told.pop("by id"), told.pop("by ref")) == ("me", "x://y", "x://y")
    first, anonymous = told.pop("id"), told.pop("anonymous")
    assert told == dict.fromkeys(told, True)

    shown = site.ask("GET", f"/block_documents/{first}").text
    assert "t0ken" not in shown
    assert "p4ss" not in shown
    assert "h3ader" not in shown
    assert "********" in shown
    whole = site.read(f"/block_documents/{first}?include_secrets=true")
    assert whole["data"]["key"]["token"] == "t0ken-new"
    assert set(whole["block_schema"]["capabilities"]) == {"read", "write"}
    assert site.read(f"/block_documents/{anonymous}")["is_anonymous"]
    listed = site.read(f"/block_types/slug/key-{mark}/block_documents")
    assert [row["name"] for row in listed] == [f"{mark}-key"]


GROWN = """
    from prefect.blocks.core import Block
    from pydantic import SecretStr

    class Grown(Block):
        _block_type_name = "Grown MARK"
        _block_type_slug = "grown-MARK"
        a: int
"""
GREW = """
    import json
    from small import Grown as Small
    from large import Grown as Large

    Small(a=1).save("MARK-doc")
    Large.register_type_and_schema()
    told = {"checksums": Small._calculate_schema_checksum() != Large._calculate_schema_checksum()}
    told["loaded"] = Large.load("MARK-doc", validate=False).a
    Large(a=2, b="se-b").save("MARK-doc", overwrite=True)
    told["b"] = Large.load("MARK-doc").b.get_secret_value()
    print(json.dumps(told))
"""


def test_a_class_that_grew(site: Site) -> None:
    """A field more is a schema more; the document that is there keeps its own until it is overwritten."""
    mark = unique("m")
    site.write("small.py", GROWN.replace("MARK", mark))
    site.write("large.py", GROWN.replace("MARK", mark) + '        b: SecretStr = SecretStr("default b")\n')
    told = site.program(GREW.replace("MARK", mark))
    assert told == {"checksums": True, "loaded": 1, "b": "se-b"}
    kind = site.read(f"/block_types/slug/grown-{mark}")
    schemas = site.read("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}})
    assert sorted(len(s["fields"]["properties"]) for s in schemas) == [1, 2]
    (document,) = site.read(f"/block_types/slug/grown-{mark}/block_documents")
    assert len(document["block_schema"]["fields"]["properties"]) == 2
    assert document["data"] == {"a": 2, "b": "********"}


SYSTEM = """
    import json
    from prefect.blocks.system import Secret
    from prefect.blocks.webhook import Webhook
    from prefect.filesystems import LocalFileSystem, RemoteFileSystem
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ProtectedBlockError

    told = {}
    Secret(value="s3cret").save("MARK-text")
    Secret(value={"a": [1, None]}).save("MARK-json")
    told["values"] = [Secret.load("MARK-text").get(), Secret.load("MARK-json").get()]
    Webhook(url="http://127.0.0.1:9/hook", headers={"x": "y"}).save("MARK-hook")
    told["url"] = Webhook.load("MARK-hook").url.get_secret_value()
    files = LocalFileSystem(basepath="FOLDER/files")
    files.save("MARK-files")
    LocalFileSystem.load("MARK-files").write_path("a/b.txt", b"content")
    told["content"] = LocalFileSystem.load("MARK-files").read_path("a/b.txt").decode()
    RemoteFileSystem(basepath="memory://x", settings={"k": "v"}).save("MARK-remote")
    told["settings"] = RemoteFileSystem.load("MARK-remote").settings
    with get_client(sync_client=True) as client:
        try:
            client.delete_block_type(client.read_block_type_by_slug("secret").id)
        except ProtectedBlockError:
            told["protected"] = True
    print(json.dumps(told))
"""


def test_the_systems_blocks(site: Site) -> None:
    """Those that come with the client, saved and used; their types cannot be taken away."""
    mark = unique("m")
    told = site.program(SYSTEM.replace("MARK", mark).replace("FOLDER", str(site.folder)))
    assert told == {
        "values": ["s3cret", {"a": [1, None]}],
        "url": "http://127.0.0.1:9/hook",
        "content": "content",
        "settings": {"k": "v"},
        "protected": True,
    }
    assert "s3cret" not in site.ask("GET", f"/block_types/slug/secret/block_documents/name/{mark}-text").text


RESULTS = """
    import json, os
    from prefect import flow, task
    from prefect.filesystems import LocalFileSystem
    from prefect.states import get_state_result

    LocalFileSystem(basepath="FOLDER/own").save("MARK-own")

    @task(persist_result=True, result_storage_key="part")
    def part():
        return {"part": 1}

    @flow(persist_result=True, result_storage="local-file-system/MARK-own")
    def keeps():
        return [part()]

    state = keeps(return_state=True)
    print(json.dumps({"id": str(state.state_details.flow_run_id), "files": os.listdir("FOLDER/own")}))
"""
READ = """
    import json
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        print(json.dumps(client.read_flow_run("RUN").state.result()))
"""


def test_results_in_a_block(site: Site) -> None:
    """A flow's results lie in the block that it names, and another process finds them by the run's state."""
    mark = unique("m")
    told = site.program(RESULTS.replace("MARK", mark).replace("FOLDER", str(site.folder)))
    data = site.flow_run(told["id"])["state"]["data"]
    assert {name.rpartition("/")[2] for name in ("part", data["storage_key"])} == set(told["files"])
    document = site.read(f"/block_types/slug/local-file-system/block_documents/name/{mark}-own")
    assert data["storage_block_id"] == document["id"]
    assert site.program(READ.replace("RUN", told["id"]), "read.py") == [{"part": 1}]
