"""What the page shows: the document, flattened into operations, answers and fields that a template can walk."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from shortlink.web.openapi.page_parts import Answer, Body, Field, Operation
from shortlink.web.openapi.words import FORM, JSON, Json

METHODS = frozenset({"get", "head", "post", "patch", "delete"})
_CURL = {"get": "", "head": "-I", "post": "-X POST", "patch": "-X PATCH", "delete": "-X DELETE"}
_SHOWN_INLINE = frozenset({"FieldFaults", "Detail", "NewMessage", "NewMessageForm", "CallbackForm", "CallbackRange"})
_EVERYWHERE = {404: "NoSuchAddress", 405: "MethodNotAllowed"}


class Reader:
    """Flatten a document."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def groups(self) -> list[tuple[Json, list[Operation]]]:
        """List the operations under their tags, both in the document's order."""
        found: dict[str, list[Operation]] = {tag["name"]: [] for tag in self._document["tags"]}
        for path, method, operation, around in self._walk(self._document["paths"]):
            found[operation["tags"][0]].append(self._operation(path, method, operation, around))
        return [(tag, found[tag["name"]]) for tag in self._document["tags"]]

    def shapes(self) -> list[tuple[str, str, tuple[Field, ...]]]:
        """List the shapes that are worth a table of their own: name, description, fields."""
        return [
            (name, shape.get("description", ""), self._fields(shape))
            for name, shape in self._document["components"]["schemas"].items()
            if self._has_table(name)
        ]

    def everywhere(self) -> tuple[Answer, ...]:
        """List the answers that belong to no operation."""
        responses = self._document["components"]["responses"]
        return tuple(self._answer(str(status), responses[name]) for status, name in _EVERYWHERE.items())

    def _walk(self, paths: Json) -> Iterator[tuple[str, str, Json, Json]]:
        for path, item in paths.items():
            for method in (name for name in item if name in METHODS):
                yield path, method, item[method], item
                for called in item[method].get("callbacks", {}).values():
                    yield from self._walk(called)

    def _operation(self, path: str, method: str, operation: Json, around: Json) -> Operation:
        parameters = [self._resolve(one) for one in [*around.get("parameters", []), *operation.get("parameters", [])]]
        accepted: Json = operation.get("requestBody", {}).get("content", {})
        shape = next((self._resolve(body["schema"]) for body in accepted.values()), {})
        ours = not path.startswith("{$")
        return Operation(
            id=operation["operationId"],
            method=method.upper(),
            path=path if ours else f"your {path.rpartition('/')[2].rstrip('}')}",
            summary=operation["summary"],
            description=operation.get("description", ""),
            is_open="security" in operation,
            parameters=tuple(self._parameter(one) for one in parameters),
            kinds=tuple(accepted),
            fields=self._fields(shape),
            call=self._call(path, method, operation, around) if ours else None,
            answers=tuple(self._answer(status, self._resolve(one)) for status, one in operation["responses"].items()),
        )

    def _call(self, path: str, method: str, operation: Json, around: Json) -> str:
        """Write the operation for a shell."""
        server = (around.get("servers") or self._document["servers"])[0]["url"]
        words = ["curl", _CURL[method]]
        bodies = operation.get("requestBody", {}).get("content", {})
        form = bodies.get(FORM, {}).get("example", {})
        content = None if form else bodies.get(JSON, {}).get("example")
        if method == "post" and (form or content):
            words.pop()
        if "security" not in operation:
            words.append("-u $SID:$TOKEN")
        lines = [" ".join(word for word in [*words, f"'{server}{path}'"] if word)]
        lines += [f"    --data-urlencode '{name}={value}'" for name, value in form.items()]
        if content:
            written = json.dumps(content, ensure_ascii=False).replace("'", r"'\''")
            lines += ["    -H 'Content-Type: application/json'", f"    -d '{written}'"]
        return " \\\n".join(lines)

    def _answer(self, status: str, written: Json) -> Answer:
        return Answer(
            status=status,
            phrase=HTTPStatus(int(status)).phrase if status.isdecimal() else "",
            description=written["description"],
            headers=tuple(
                self._parameter({"name": name} | self._resolve(one)) for name, one in written.get("headers", {}).items()
            ),
            bodies=tuple(self._body(kind, one) for kind, one in written.get("content", {}).items()),
        )

    def _body(self, kind: str, written: Json) -> Body:
        given = [one["value"] for one in written.get("examples", {}).values()]
        if "example" in written:
            given.append(written["example"])
        examples = tuple(json.dumps(one, indent=2, ensure_ascii=False) for one in given)
        return Body(kind=kind, shape=self._shape_of(written["schema"]), examples=examples)

    def _parameter(self, written: Json) -> Field:
        return Field(
            name=written["name"],
            kind=written.get("in", "header"),
            required=written.get("required", False),
            description=str(written.get("description", "")),
        )

    def _fields(self, shape: Json) -> tuple[Field, ...]:
        needed = shape.get("required", ())
        return tuple(
            Field(
                name=name,
                kind=self._kind(one),
                required=name in needed,
                description=one.get("description", ""),
                shape=self._shape_of(one),
            )
            for name, one in shape.get("properties", {}).items()
        )

    def _kind(self, shape: Json) -> str:
        """Say in a few words what a value may be."""
        known = self._resolve(shape)
        if "enum" in known:
            return " | ".join(json.dumps(one) for one in known["enum"])
        if "const" in known:
            return json.dumps(known["const"])
        if "anyOf" in known:
            return " or ".join(dict.fromkeys(self._kind(one) for one in known["anyOf"]))
        kind = known.get("type", "any")
        if kind == "array":
            return f"array of {self._kind(known['items'])}"
        return " or ".join(kind) if isinstance(kind, list) else str(kind)

    def _shape_of(self, shape: Json) -> str | None:
        """Name the shape with a table of its own that a value holds, looking into arrays and alternatives."""
        if "$ref" in shape:
            name = shape["$ref"].rpartition("/")[2]
            return name if self._has_table(name) else None
        inner = [*shape.get("anyOf", ()), *([shape["items"]] if "items" in shape else ())]
        return next((found for one in inner if (found := self._shape_of(one))), None)

    def _has_table(self, name: str) -> bool:
        return name not in _SHOWN_INLINE and "properties" in self._document["components"]["schemas"][name]

    def _resolve(self, written: Json) -> Json:
        if "$ref" not in written:
            return written
        found: Any = self._document
        for part in written["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return dict(found)


def anchor(text: str) -> str:
    """Turn a heading into an anchor."""
    return quote(text.lower().replace(" ", "-"))


def page_context(document: Mapping[str, Any]) -> Json:
    """Give the template what it shows."""
    reader = Reader(dict(document))
    return {
        "info": document["info"],
        "server": document["servers"][0]["url"],
        "account": document["components"]["securitySchemes"]["account"]["description"],
        "groups": reader.groups(),
        "shapes": reader.shapes(),
        "everywhere": reader.everywhere(),
    }
