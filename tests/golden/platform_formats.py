"""What platform.db held in each of its formats, as SQL: what an upgrade finds.

`python tests/golden/platform_formats.py` (with tests on the path) lets the platform of today write the format of today.
Do so when there is a new format, and never again for an old one: what stands in those was written by the code of then.
"""

import contextlib
import hashlib
import json
import sqlite3
import sys
import tempfile
from pathlib import Path

import msgspec

from c8py.base.clock import ManualClock
from c8py.server.store import Client, Store
from c8py.server.store._database import FILE_NAME, SCHEMA_VERSION
from unit.server.conftest import STANDARD, Served

FORMATS = Path(__file__).parent / "platform"
CLIENTS = {
    "worker-of-old": ("cluster", "a-worker-of-old", ("Zeebe", "Operate")),
    "administration-of-old": ("organization", "an-administrator-of-old", ("read:cluster", "read:zeebe-client")),
}
"""Those who must get their tokens whatever the format was: level, secret and permissions."""
MEMBER = "ada@example.org"
ALLOWED = [{"ip": "127.0.0.0/8", "description": "here"}]
SCHEDULE = "0 3 * * *"


def lay_out(number: int, folder: Path) -> None:
    """Make a folder of data in this format."""
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.executescript((FORMATS / f"{number}.sql").read_text())


def story(folder: Path) -> None:
    """One thing of each kind, by the API."""
    served = Served(msgspec.structs.replace(STANDARD, data_dir=folder), ManualClock())
    token = served.token("api.cloud.camunda.io", served.addresses.console_credentials_file)
    cluster = f"/clusters/{served.addresses.cluster_id}"
    for method, path, body in (
        ("PATCH", cluster, {"description": "of old", "stageLabel": "test"}),
        ("PUT", f"{cluster}/ipallowlist", {"ipallowlist": ALLOWED}),
        ("PUT", f"{cluster}/backups/schedule", {"schedule": SCHEDULE}),
        ("POST", f"{cluster}/monitoring", None),
        ("POST", f"{cluster}/monitoring/clients", {"username": "prometheus"}),
        ("POST", f"/members/{MEMBER}", {"orgRoles": ["developer"]}),
    ):
        headers = {"authorization": f"Bearer {token}"}
        answer = served.request(method, f"/console-api{path}", None if body is None else json.dumps(body), headers)
        assert answer.status < 300, answer.text
    served.stop()
    with contextlib.closing(Store.open(folder)) as store:
        for name, (level, secret, permissions) in CLIENTS.items():
            cluster_id = served.addresses.cluster_id if level == "cluster" else None
            store.add_client(
                Client(
                    client_id=name, uuid=f"uuid-{name}", level="cluster" if cluster_id else "organization",
                    org_id=served.addresses.org_id, cluster_id=cluster_id, name=name.replace("-", " "),
                    permissions=permissions, secret_sha256=hashlib.sha256(secret.encode()).digest(), created_ms=2,
                )
            )  # fmt: skip


def dumped(folder: Path) -> str:
    """The database as SQL, but for its keys: a private key has no place among tests."""
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("DELETE FROM signing_keys")
        pragmas = [
            f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};"
            for name in ("application_id", "user_version")
        ]
        return "\n".join([*pragmas, *connection.iterdump()]) + "\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        story(Path(folder))
        target = FORMATS / f"{SCHEMA_VERSION}.sql"
        target.write_text(dumped(Path(folder)))
        print(f"{target} written", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
