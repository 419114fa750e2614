"""The OpenAPI document of the Administration API, and a Swagger page over it, where that package is installed.

The page is the only one of this platform that runs scripts: those of swagger-ui-bundle, from here, and no others.
"""

import hashlib
import html
import importlib.util
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from c8py.server.console._problems import problem

_DOCUMENT: Final = Path(__file__).parent / "static" / "openapi.json"
_FILES: Final = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
}
_HEADERS: Final = {
    "content-security-policy": (
        # Swagger UI writes styles into its page, and draws icons from data.
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def openapi_routes(prefix: str) -> list[Route]:
    """The document and the page; open to all, for they tell nothing but the API.

    Args:
        prefix: of the API's paths.
    """
    start = f'window.ui=SwaggerUIBundle({{url:"{prefix}/openapi.json",dom_id:"#ui",deepLinking:true}});'
    page = _page(prefix)

    async def document(request: Request) -> Response:  # noqa: ARG001  the signature of an endpoint
        return Response(_DOCUMENT.read_bytes(), headers=_HEADERS, media_type="application/json")

    async def docs(request: Request) -> Response:
        if _swagger() is None:
            detail = "expected the package swagger-ui-bundle, but it is not installed; openapi.json is the document"
            return problem(501, detail, request.url.path)
        return Response(page, headers=_HEADERS, media_type="text/html")

    async def file(request: Request) -> Response:
        name, folder = request.path_params["name"], _swagger()
        if name not in _FILES or folder is None:
            return problem(404, "expected a file of the page, but there is none like it", request.url.path)
        body = start.encode() if name == "start.js" else (folder / name).read_bytes()
        return Response(body, headers=_HEADERS, media_type=_FILES[name])

    return [
        Route(f"{prefix}/openapi.json", document),
        Route(f"{prefix}/docs", docs),
        Route(f"{prefix}/docs/{{name}}", file),
    ]


def _swagger() -> Path | None:
    """Where the package has its files."""
    spec = importlib.util.find_spec("swagger_ui_bundle")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("vendor/swagger-ui-*"), None)


def _page(prefix: str) -> str:
    at = html.escape(prefix)
    version = hashlib.sha256(_DOCUMENT.read_bytes()).hexdigest()[:16]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Administration API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{at}/docs/swagger-ui.css?{version}"></head><body><div id="ui"></div>'
        f'<script src="{at}/docs/swagger-ui-bundle.js?{version}"></script>'
        f'<script src="{at}/docs/start.js?{version}"></script></body></html>'
    )
