"""Short links: following one, and switching it off and on."""

from __future__ import annotations

from shortlink.web.openapi.errors import LIMITS, page
from shortlink.web.openapi.messages import STATUS_EXAMPLE
from shortlink.web.openapi.words import PROBLEM, PUBLIC, Json, answer, content, parameter, refusals, schema


def _switch(identifier: str, summary: str, description: str, *, disabled: bool) -> Json:
    example = STATUS_EXAMPLE | {"link_tracking": STATUS_EXAMPLE["link_tracking"] | {"disabled": disabled}}
    return {
        "operationId": identifier,
        "tags": ["Links"],
        "summary": summary,
        "description": f"*Ours.* {description} A second call changes nothing. "
        "A message without a link is answered with 404.",
        "responses": {
            "200": answer("The message.", content(schema("Message"), example), headers=LIMITS),
            **refusals(401, 404, 429, 500, 503),
        },
    }


def _follow(method: str, summary: str, description: str) -> Json:
    return {
        "operationId": f"{method}Link",
        "tags": ["Links"],
        "summary": summary,
        "description": description,
        "security": PUBLIC,
        "responses": {
            "302": answer("To the target.", headers=("Location", "Referrer-Policy")),
            "404": page(
                "No such link. At the API door, a problem document for what can be no code, unless HTML is asked for.",
                also=_NOTHING_HERE,
            ),
            "410": page("Expired, switched off, or of a disabled account."),
            "429": page("Too many unknown codes were tried from here.", "Retry-After"),
            "500": page("The link's record is damaged, or it is our fault."),
            "503": page(
                "The store is away, or, by setting, a browser only loads ahead: `Sec-Purpose: prefetch`.", "Retry-After"
            ),
        },
    }


_NOTHING_HERE = content(schema("Problem"), kind=PROBLEM)
_CODE: Json = {
    "name": "code",
    "in": "path",
    "required": True,
    "description": "The short code, as it stands in `shortlink`.",
    "schema": {"type": "string", "pattern": "^[a-km-zA-HJ-NP-Z2-9]{8,12}$"},
    "example": "7gbpv6YAK",
}
_MSGID = [parameter("MessageId")]


def link_paths(link_url: str) -> Json:
    """Describe the short links, which have an address of their own."""
    follow: Json = {
        "servers": [{"url": link_url, "description": "The redirect door; the API door answers short links as well."}],
        "parameters": [_CODE],
        "get": _follow("follow", "Follow a short link", "The first click by a person is told to `lt_callbackurl`."),
        "head": _follow("probe", "Probe a short link", "As GET without a body; never counted as a click."),
    }
    return {
        "/sms/messages/{msgid}/link/disable/": {
            "parameters": _MSGID,
            "post": _switch(
                "disableLink", "Switch a link off", "From the next tap on it is answered with 410.", disabled=True
            ),
        },
        "/sms/messages/{msgid}/link/enable/": {
            "parameters": _MSGID,
            "post": _switch("enableLink", "Switch a link on", "It leads on again.", disabled=False),
        },
        "/{code}": follow,
    }
