"""What stays secret: neither a dump of the database, nor the log, nor the settings as they are told hold any of it."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography.fernet import Fernet

from locum.infra.postgres.embedded import BINARIES
from tests.app.test_cli import ADDRESS, LOCUM, environment

KEY = Fernet.generate_key().decode()
AUTH = "keeper:Sesame-of-the-API-17"
PASSWORD = "Database-Pa55word-23"
SECRETS = {name: f'Sek"ret{name.title()}{number}é-tail-{number * 7919}' for number, name in enumerate(
    ("plain", "changed", "merged", "nested", "dict", "inner", "anonymous", "deleted", "refused", "result"), 11
)}  # fmt: skip
SCHEMA: dict[str, Any] = {
    "title": "Vault",
    "type": "object",
    "properties": {
        "host": {"type": "string"},
        "token": {"type": "string", "format": "password", "writeOnly": True},
        "more": {"type": "object"},
        "login": {"type": "object"},
    },
    "secret_fields": ["token", "more.*", "login.password"],
    "block_type_slug": "vault",
    "block_schema_references": {},
}


def forms(secret: str) -> set[bytes]:
    """The secret, and how it reads within other texts and encodings of them."""
    escaped = (json.dumps(secret, ensure_ascii=plain)[1:-1] for plain in (True, False))
    texts = [text.encode() for text in (secret, *escaped)]
    told = {*texts, quote(secret).encode()}
    for text in texts:
        told |= {text.hex().encode(), text.hex().upper().encode()}
        for shift in range(3):
            # where it begins decides how it reads; the digits at both ends belong to its neighbours too
            digits = base64.b64encode(b"\0" * shift + text)[(0, 2, 3)[shift] : -4]
            told |= {digits, digits.translate(bytes.maketrans(b"+/", b"-_"))}
    return told


def found(secrets: dict[str, str], *places: bytes) -> set[str]:
    """The names of the secrets that can be read there."""
    return {name for name, secret in secrets.items() for form in forms(secret) for place in places if form in place}


def test_every_form_is_found():
    for prefix in range(6):
        text = json.dumps({"x" * prefix: SECRETS["plain"]}, ensure_ascii=prefix < 3).encode()
        for place in (text, base64.b64encode(text), base64.urlsafe_b64encode(text), text.hex().encode()):
            assert found(SECRETS, place) == {"plain"}


@pytest.fixture
def server(tmp_path: Path, own_url: str) -> Iterator[tuple[httpx.Client, Path]]:
    """A client of a server that logs all it can, and its log."""
    log = tmp_path / "log"
    secrets = {"LOCUM_ENCRYPTION_KEY": KEY, "PREFECT_SERVER_API_AUTH_STRING": AUTH}
    url = own_url.replace("//locum@", f"//locum:{PASSWORD}@")
    settings = {**secrets, "LOCUM_DATABASE_URL": url, "LOCUM_LOGGING_LEVEL": "DEBUG"}
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [LOCUM, "server", "start", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=stream,
            env=environment(tmp_path) | settings,
        ) as process,
    ):
        assert process.stdout is not None
        printed = ""
        while not (address := ADDRESS.search(printed)):
            line = process.stdout.readline().decode()
            assert line, log.read_text()
            printed += line
        with httpx.Client(base_url=address[1], auth=(AUTH.partition(":")[0], AUTH.partition(":")[2])) as client:
            yield client, log
        process.terminate()
        with log.open("ab") as end:
            end.write(printed.encode() + process.stdout.read())


def _made(client: httpx.Client, path: str, **fields: Any) -> Any:
    answer = client.post(path, json=fields)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def _save_blocks(client: httpx.Client) -> None:
    vault = _made(client, "/block_types/", name="Vault", slug="vault")["id"]
    schema = _made(client, "/block_schemas/", fields=SCHEMA, block_type_id=vault)["id"]
    ids = {"block_type_id": vault, "block_schema_id": schema}

    def document(name: str | None, data: dict[str, Any], **more: Any) -> str:
        return _made(client, "/block_documents/", **({"name": name} if name else {}), data=data, **ids, **more)["id"]

    one = document("one", {"host": "h", "token": SECRETS["plain"], "more": {"a": {"b": SECRETS["dict"]}}})
    changed = {"token": SECRETS["changed"], "login": {"user": "u", "password": SECRETS["inner"]}}
    assert client.patch(f"/block_documents/{one}", json={"data": changed}).status_code == 204
    merged = {"data": {"token": SECRETS["merged"]}, "merge_existing_data": False}
    assert client.patch(f"/block_documents/{one}", json=merged).status_code == 204
    inner = document("inner", {"token": SECRETS["nested"]})
    document("outer", {"host": "h", "login": {"$ref": {"block_document_id": inner}}})
    document(None, {"token": SECRETS["anonymous"]}, is_anonymous=True)
    assert client.delete(f"/block_documents/{document('gone', {'token': SECRETS['deleted']})}").status_code == 204
    secret = client.get("/block_types/slug/secret").json()["id"]
    wanted = {"block_schemas": {"block_type_id": {"any_": [secret]}}}
    (known,) = client.post("/block_schemas/filter", json=wanted).json()
    value = {"value": SECRETS["result"]}
    _made(client, "/block_documents/", name="s", data=value, block_type_id=secret, block_schema_id=known["id"])
    assert (
        client.get(f"/block_documents/{one}", params={"include_secrets": True}).json()["data"]["token"]
        == SECRETS["merged"]
    )


def _be_refused(client: httpx.Client) -> None:
    """Requests with a secret in them that come to nothing, which is when servers tell most."""
    nobody = "00000000-0000-4000-8000-000000000000"
    data = {"token": SECRETS["refused"]}
    for more in ({}, {"block_type_id": nobody, "block_schema_id": nobody}, {"block_type_id": SECRETS["refused"]}):
        assert client.post("/block_documents/", json={"name": "x", "data": data, **more}).status_code in (404, 422)
    broken = json.dumps({"data": data}).encode() + b"\x00"
    assert client.post("/block_documents/", content=broken).status_code == 422
    assert httpx.get(f"{client.base_url}version", auth=("keeper", SECRETS["refused"])).status_code == 401
    header = {b"authorization": f"Bearer {SECRETS['refused']}".encode()}
    assert httpx.post(f"{client.base_url}flows/filter", json={}, headers=header).status_code == 401


def test_what_is_told_of_secrets(server: tuple[httpx.Client, Path], own_url: str):
    client, log = server
    _save_blocks(client)
    _be_refused(client)
    events = client.post("/events/filter", json={}).content
    assert found(SECRETS, events) == set()
    settings = client.get("/admin/settings").content
    client.close()

    own = {"key": KEY, "password": PASSWORD, "auth": AUTH, "its password": AUTH.split(":")[1]}
    assert found(SECRETS | own, settings) == set()
    dumped = subprocess.run([BINARIES / "pg_dump", own_url], capture_output=True, check=True).stdout
    assert b"COPY public.block_document " in dumped
    assert b"prefect.block-document.created" in dumped
    assert found(SECRETS | own, dumped) == set()
    assert found(SECRETS | own, log.read_bytes()) == set()


def test_the_log_of_a_start_that_fails(tmp_path: Path):
    secrets = {"LOCUM_ENCRYPTION_KEY": KEY, "LOCUM_API_AUTH_STRING": AUTH}
    url = f"postgresql://locum:{PASSWORD}@127.0.0.1:1/locum"
    told = environment(tmp_path) | secrets | {"LOCUM_DATABASE_URL": url, "LOCUM_DATABASE_CONNECTION_TIMEOUT": "0.5"}
    command = [LOCUM, "server", "start", "--port", "0"]
    done = subprocess.run(command, capture_output=True, env=told, check=False)
    assert done.returncode != 0
    assert found({"key": KEY, "password": PASSWORD, "auth": AUTH}, done.stdout, done.stderr) == set()
