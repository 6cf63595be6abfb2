"""The API's description, which other programs are made from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.api.urls import api as ninja
from tocsin.central.configuration import PARTS, Outbox
from tocsin.central.relay import FIELDS
from tocsin.intake.http import AlarmFields

WITHOUT_A_BODY = {
    *("test", "retry", "hold", "release", "cancel", "close", "acknowledge", "try"),
    "restore",
}


def operations(document) -> Iterator[tuple[str, str, dict]]:
    """Path, method and operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value) -> Iterator[str]:
    """Every reference in the document."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name == "$ref":
                yield one
            else:
                yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_it_is_open_and_of_the_version_it_says(api):
    """Who has no token yet can read how to use one."""
    document = api.get("/openapi.json", role=None).json
    assert document["openapi"].startswith("3.")
    assert document["info"]["title"] == "Tocsin"
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_it_has_every_path_and_method_of_the_router(api):
    """Nothing that is routed is missing in the description."""
    document = api.get("/openapi.json").json
    told = {(path, method) for path, method, _ in operations(document)}
    routed = set()
    for _, router in ninja._routers:
        for path, view in router.path_operations.items():
            for one in view.operations:
                for method in one.methods:
                    bare = re.sub(r"{[^}:]+:", "{", path)
                    routed.add((f"/api/v1{bare}", method.lower()))
    assert routed
    assert told == routed


def test_every_operation_is_explained(api):
    """Each has a summary, a sentence, an id of its own, the token and the problem document."""
    document = api.get("/openapi.json").json
    ids = []
    for path, method, operation in operations(document):
        assert operation["summary"].strip(), (path, method)
        assert operation["description"].strip(), (path, method)
        assert operation["security"], (path, method)
        assert operation["tags"], (path, method)
        problem = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problem["schema"]["$ref"].endswith("/Problem")
        named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), (path, method)
        if method in {"post", "put"} and not re.search(
            r"/(test|retry|hold|release|cancel|close|acknowledge|try|restore|confirm|account/look"
            r"|arrival/probe|doctor)$",
            path,
        ):
            assert operation["requestBody"]["required"], (path, method)
        ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))


def test_alarms_are_described_by_their_fields(api):
    """POST takes one AlarmFields or an array of up to 10,000, with every field and its limits."""
    document = api.get("/openapi.json").json
    operation = document["paths"]["/api/v1/alarms"]["post"]
    one, many = operation["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert one == {"$ref": "#/components/schemas/AlarmFields"}
    assert many["items"] == one
    assert many["maxItems"] == 10_000
    assert "202" in operation["responses"]
    schema = document["components"]["schemas"]["AlarmFields"]
    assert set(schema["properties"]) == set(AlarmFields.model_fields)
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["type"]


def test_every_reference_leads_somewhere(api):
    """No schema is named that is not there, and none is there for nothing."""
    document = api.get("/openapi.json").json
    there = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    named = set(references(document))
    assert named <= there
    assert {"#/components/schemas/Problem", "#/components/schemas/Rule"} <= named


WHOLE = {"/api/v1/configuration", "/api/v1/ses/account"}
"""Paths that give one thing and no list."""


def test_conditions_are_described(api):
    """Each list tells its conditions, and every one takes limit and cursor."""
    document = api.get("/openapi.json").json
    for path, method, operation in operations(document):
        if method == "get" and "{" not in path and path not in WHOLE:
            names = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
            assert {"limit", "cursor"} <= names, path


def test_the_configuration_is_described_by_its_parts(api):
    """Each part is named; relays with every field, its limits, and passwords never given back."""
    operation = api.get("/openapi.json").json["paths"]["/api/v1/configuration"]["post"]
    parts = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(parts) == set(PARTS)
    first, null = parts["smtp"]["anyOf"]
    assert null == {"type": "null"}
    further = parts["relays"]["items"]
    assert set(further["properties"]) - set(first["properties"]) == {"name", "after_s"}
    assert set(first["properties"]) == {*FIELDS} - {"password_file"} | {"password"}
    assert first["properties"]["window"]["maximum"] == 1_000
    assert first["properties"]["password"]["writeOnly"] is True
    assert set(parts["outbox"]["anyOf"][0]["properties"]) == set(Outbox.model_fields)
