"""Who has tokens that are all good for something, and knows every route there is."""

import json
import re
import time

from starlette.routing import Route

from c8py.server.console._api import PREFIX


class Intruder:
    """Tokens that are all good for something, and for nothing here."""

    def __init__(self, served) -> None:
        self.served = served
        self.cluster = served.addresses.cluster_id
        self.admin = self.bearer(served.token("api.cloud.camunda.io", served.addresses.console_credentials_file))
        self.cluster_token = served.token("zeebe.camunda.io")

    @staticmethod
    def bearer(token):
        return {"authorization": f"Bearer {token}"}

    def client(self, *, scopes=None, audience="zeebe.camunda.io", cluster=None):
        body = json.dumps({"clientName": f"c{time.monotonic_ns()}", **({"permissions": scopes} if scopes else {})})
        made = self.served.request(
            "POST", f"{PREFIX}/clusters/{cluster or self.cluster}/clients", body, self.admin
        ).json
        fields = {"grant_type": "client_credentials", "audience": audience, "client_id": made["clientId"],
                  "client_secret": made["clientSecret"]}  # fmt: skip
        return made["clientId"], self.served.form("/oauth/token", fields).json["access_token"]

    def organization_client(self, permissions):
        """By Console's own page, for the API has no operation for it."""
        page = self.served.request("GET", f"/console/org/{self.served.addresses.org_id}/administration-api/new")
        cookie = page.headers["set-cookie"].partition(";")[0]
        fields = {"form_token": re.findall(r'name="form_token" value="(\w+)"', page.text)[0],
                  "name": f"o{time.monotonic_ns()}", "permission": permissions}  # fmt: skip
        made = self.served.form(f"/console/org/{self.served.addresses.org_id}/administration-api", fields, {
            "cookie": cookie, "origin": self.served.addresses.http_address}).text  # fmt: skip
        client_id, secret = re.findall(r"Client (?:Id|Secret)</dt><dd><code>([^<]+)</code>", made)
        fields = {"grant_type": "client_credentials", "audience": "api.cloud.camunda.io", "client_id": client_id,
                  "client_secret": secret}  # fmt: skip
        return self.served.form("/oauth/token", fields).json["access_token"]


def routes_of(served):
    """Every method and path that the platform serves over HTTP, but for the pages and what is mounted."""
    found = {
        (method, route.path)
        for route in served.platform.routes
        if isinstance(route, Route)
        for method in (route.methods or {"GET"}) - {"HEAD"}
    }
    return {one for one in found if one[1] != "/console" and not one[1].startswith("/console/")}


def filled(path, cluster):
    return re.sub(r"{\w+}", "x", path.replace("{cluster}", cluster))


def pages_of(served, method):
    """The paths of all pages, or of all forms."""
    return sorted(
        route.path
        for route in served.platform.routes
        if isinstance(route, Route) and route.path.startswith("/console") and method in (route.methods or ())
        and not route.path.startswith(PREFIX)
    )  # fmt: skip


def page_path(served, path):
    places = {"org": served.addresses.org_id, "cluster": served.addresses.cluster_id}
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: places.get(found[1], "x"), path)
