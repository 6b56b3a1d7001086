"""The documentation of the API as a page: every route and type, from the document that the service shows of itself."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from storecast.page.addresses import BASE
from storecast.page.login import POLICY
from storecast.service.service import service_of

Schema = Mapping[str, Any]
_REFERENCE = "#/components/schemas/"
BOUNDS = {
    "minimum": "at least {:,}",
    "maximum": "at most {:,}",
    "minItems": "at least {:,} of them",
    "maxItems": "at most {:,} of them",
}


async def show_api(request: Request) -> Response:
    """Show what the service understands."""
    return HTMLResponse(api_page(service_of(request).openapi), headers={"content-security-policy": POLICY})


def api_page(document: Schema) -> str:
    """Return the page of an OpenAPI document: readable without a script, its types linked."""
    routes = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = document["components"]["schemas"]
    info = document["info"]
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · storecast</title><link rel="stylesheet" href="{BASE}assets/storecast.css"></head>
<body><main class="api">
<h1>The API of storecast {escape(info["version"])}</h1>
<p>{escape(info["summary"])} Each request needs a key: <code>Authorization: Bearer KEY</code>.
The scope beside a route is the one that the key must have. The same as OpenAPI 3.1,
for programs: <code>GET /openapi.json</code>.</p>
<p><a href="{BASE}">Back to the page</a> · <a href="#routes">Routes</a> · <a href="#types">Types</a> ·
<a href="#problems">Problems</a></p>
<h2 id="routes">Routes</h2>
{"".join(_route(path, method, operation) for path, method, operation in routes)}
<h2 id="types">Types</h2>
{"".join(_type(name, schema) for name, schema in sorted(schemas.items()))}
<h2 id="problems">Problems</h2>
<p>Every error is a <a href="#type-ProblemDetails">ProblemDetails</a> (RFC 9457).</p>
{_table(("Status", "Title"), [(code, escape(title)) for code, title in _problems(document, routes)])}
</main></body></html>
"""


def _problems(document: Schema, routes: Iterable[tuple[str, str, Schema]]) -> list[tuple[str, str]]:
    """Return each status with its title, once."""
    responses = document["components"]["responses"]
    by_status = {
        status: responses[reply["$ref"].rpartition("/")[2]]["description"]
        for _, _, operation in routes
        for status, reply in operation["responses"].items()
        if "$ref" in reply
    }
    return sorted(by_status.items())


def _route(path: str, method: str, operation: Schema) -> str:
    scope = operation.get("x-scope")
    needs = f"scope {scope}" if scope else "no key"
    parameters = [
        (
            f"<code>{escape(each['name'])}</code>",
            escape(each["in"]),
            _schema(each["schema"]),
            _prose(each.get("description", "")),
        )
        for each in operation.get("parameters", ())
    ]
    body = operation.get("requestBody")
    parts = [_prose(operation.get("description", ""), paragraph=True)]
    if parameters:
        parts.append(_table(("Parameter", "In", "Type", "Meaning"), parameters))
    if body:
        parts.append(f"<p>Body: {_content(body['content'])}</p>")
    parts += [
        f"<p>Reply {status}: {_content(reply.get('content', {})) or escape(reply['description'])}</p>"
        for status, reply in operation["responses"].items()
        if "$ref" not in reply
    ]
    head = f"<code><b>{method.upper()}</b> {escape(path)}</code> {escape(operation['summary'])} · {needs}"
    return f'<details id="{escape(operation["operationId"])}"><summary>{head}</summary>\n{"".join(parts)}</details>\n'


def _type(name: str, schema: Schema) -> str:
    required = schema.get("required", ())
    rows = [
        (
            f"<code>{escape(field)}</code>" + (" *" if field in required else ""),
            _schema(each),
            _prose(each.get("description", "")),
        )
        for field, each in schema.get("properties", {}).items()
    ]
    table = _table(("Field", "Type", "Meaning"), rows) if rows else ""
    note = "<p class='soft'>* always there</p>" if required and rows else ""
    about = _prose(schema.get("description", ""), paragraph=True)
    return f'<section id="type-{escape(name)}"><h3>{escape(name)}</h3>{about}{table}{note}</section>\n'


def _content(content: Schema) -> str:
    return ", or ".join(f"{_schema(each['schema'])} as <code>{escape(kind)}</code>" for kind, each in content.items())


def _schema(schema: Schema) -> str:
    """Return a type in words; names of others lead to them."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_REFERENCE))
        return f'<a href="#type-{name}">{name}</a>'
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema and "type" not in schema:
            return " or ".join(_schema(each) for each in schema[several])
    if "enum" in schema or "const" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "any")
    bounds = ", ".join(words.format(schema[name]) for name, words in BOUNDS.items() if name in schema)
    if kind == "array":
        if "prefixItems" in schema:
            return f"list of {', '.join(map(_schema, schema['prefixItems']))}"
        return f"list of {_schema(schema.get('items', {}))}" + (f", {bounds}" if bounds else "")
    words = escape(schema.get("format", "") or (kind if isinstance(kind, str) else " or ".join(kind)))
    return words + (f", {bounds}" if bounds else "")


def _prose(text: str, *, paragraph: bool = False) -> str:
    """Return a text with what stands in backticks as code."""
    parts = escape(text).split("`")
    words = "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
    return f"<p>{words}</p>" if paragraph and words else words


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of cells that are HTML."""
    titles = "".join(f'<th class="text">{title}</th>' for title in head)
    lines = "".join("<tr>" + "".join(f'<td class="text wrap">{cell}</td>' for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>'
