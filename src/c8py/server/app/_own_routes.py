"""Paths that belong to no room: health, figures, and what stands in for parts of Camunda that are not here."""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from c8py.server.app._metrics import metrics_text
from c8py.server.console import Desk, problem

# Parts of Camunda that credentials files point at and this platform does not have.
_NOT_HERE: Final = ("/operate", "/tasklist", "/optimize")


def own_routes(desk: Desk, ending: Callable[[], bool]) -> list[BaseRoute]:
    """The routes; `ending` says whether the platform has been told to stop."""

    async def health(request: Request) -> Response:  # noqa: ARG001  the signature of an endpoint
        clusters = {cluster.cluster_id: desk.clients.status(cluster) for cluster in desk.clients.clusters()}
        # One that somebody has suspended, or that is just being made, is no trouble of the platform.
        well = all(status != "Unhealthy" for status in clusters.values())
        body = {"status": "UP" if well else "DOWN", "clusters": clusters}
        return JSONResponse(body, 200 if well else 503, headers={"cache-control": "no-store"})

    async def metrics(request: Request) -> Response:
        cluster = desk.clients.cluster(request.path_params["cluster"])
        if cluster is None or not desk.monitoring.knows(cluster, request.headers.get("authorization")):
            # The same for a cluster that there is not: who may not ask learns nothing.
            headers = {"www-authenticate": 'Basic realm="metrics"'}
            return problem(401, "expected the credentials of a monitoring client", request.url.path, headers)
        healthy = int(desk.clients.status(cluster) == "Healthy")
        lines = [
            "# TYPE c8_cluster_healthy gauge",
            f'c8_cluster_healthy{{cluster_id="{cluster.cluster_id}"}} {healthy}',
            "# TYPE c8_cluster_clients gauge",
            f'c8_cluster_clients{{cluster_id="{cluster.cluster_id}"}} {len(desk.clients.clients(cluster))}',
        ]
        if desk.instances.shows(cluster.cluster_id):
            for name, count in (await desk.instances.counts(cluster.cluster_id)).items():
                lines += [f"# TYPE c8_{name} gauge", f'c8_{name}{{cluster_id="{cluster.cluster_id}"}} {count}']
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response("\n".join(lines) + "\n", headers={"cache-control": "no-store", "content-type": kind})

    async def live(request: Request) -> Response:  # noqa: ARG001  as above
        return JSONResponse({"status": "UP"}, headers={"cache-control": "no-store"})

    async def ready(request: Request) -> Response:  # noqa: ARG001  as above
        # Of the platform itself: a cluster that ails is no reason to send people elsewhere.
        status = 503 if ending() else 200
        return JSONResponse({"status": "DOWN" if ending() else "UP"}, status, headers={"cache-control": "no-store"})

    async def figures(request: Request) -> Response:  # noqa: ARG001  as above
        return Response(metrics_text(desk.clients), media_type="text/plain; version=0.0.4")

    return [
        Route("/", _to_console),
        Route("/health", health),
        Route("/monitoring/{cluster}/metrics", metrics),
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/metrics", figures),
        *(Mount(path, app=_not_here) for path in _NOT_HERE),
    ]


async def _to_console(request: Request) -> Response:  # noqa: ARG001  the signature of an endpoint
    return RedirectResponse("/console")


async def _not_here(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "expected an API that this platform has, but it has neither Operate, Tasklist nor Optimize; use /v2"
    await problem(501, detail, scope["path"])(scope, receive, send)
