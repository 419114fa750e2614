"""The Administration API beyond clients: clusters that come and go, and everything that belongs to them."""

import base64
import csv
import io
import json
import re
import time
from pathlib import Path

import pytest

from c8py.server import console
from c8py.server.console._api import OPERATIONS

API = "/console-api"
DEADLINE_S = 15.0


class Administrator:
    def __init__(self, served) -> None:
        self.served = served
        self.headers = {
            "authorization": f"Bearer {served.token('api.cloud.camunda.io', served.addresses.console_credentials_file)}"
        }

    def __call__(self, method, path, body=None):
        raw = None if body is None else json.dumps(body).encode()
        return self.served.request(method, API + path, raw, self.headers)

    def create(self, name="second", **more):
        parameters = self("GET", "/clusters/parameters").json
        body = {
            "name": name,
            "planTypeId": parameters["clusterPlanTypes"][0]["uuid"],
            "channelId": parameters["channels"][0]["uuid"],
            "generationId": parameters["channels"][0]["defaultGeneration"]["uuid"],
            "regionId": parameters["regions"][0]["uuid"],
            **more,
        }
        return self("POST", "/clusters", body)

    def until(self, cluster, state):
        deadline = time.monotonic() + DEADLINE_S
        while (found := self("GET", f"/clusters/{cluster}").json["status"]["ready"]) != state:
            assert time.monotonic() < deadline, f"expected {state}, but it is {found}"
            time.sleep(0.02)

    def rest(self, cluster, token, path="/topology"):
        return self.served.request("GET", f"/{cluster}/v2{path}", headers={"authorization": f"Bearer {token}"})

    def client_token(self, cluster, scopes=None, audience="zeebe.camunda.io"):
        body = {"clientName": f"c{time.monotonic_ns()}", **({} if scopes is None else {"permissions": scopes})}
        made = self("POST", f"/clusters/{cluster}/clients", body).json
        fields = {
            "grant_type": "client_credentials", "audience": audience, "client_id": made["clientId"],
            "client_secret": made["clientSecret"],
        }  # fmt: skip
        return self.served.form("/oauth/token", fields).json["access_token"], made


@pytest.fixture
def admin(served):
    return Administrator(served)


@pytest.fixture
def home(served):
    return f"/clusters/{served.addresses.cluster_id}"


def test_the_api_has_all_operations():
    assert len(OPERATIONS) == 43
    assert len({(method, path) for method, path, _, _ in OPERATIONS}) == 43


class TestClusters:
    def test_a_cluster_is_made_used_changed_and_deleted(self, admin):
        cluster = admin.create("made", description="first", stageLabel="test").json["clusterId"]
        admin.until(cluster, "Healthy")
        found = admin("GET", f"/clusters/{cluster}").json
        assert (found["name"], found["description"], found["labels"]) == ("made", "first", ["test"])
        token, _ = admin.client_token(cluster)
        assert admin.rest(cluster, token).json["clusterId"] == cluster
        assert admin("PATCH", f"/clusters/{cluster}", {"name": "renamed"}).status == 204
        assert admin("GET", f"/clusters/{cluster}").json["name"] == "renamed"
        assert admin("DELETE", f"/clusters/{cluster}").status == 204
        assert admin("GET", f"/clusters/{cluster}").status == 404
        assert admin.rest(cluster, token).status == 404

    def test_a_client_of_one_cluster_does_not_reach_another(self, admin, served):
        cluster = admin.create("apart").json["clusterId"]
        admin.until(cluster, "Healthy")
        token, _ = admin.client_token(cluster)
        assert admin.rest(served.addresses.cluster_id, token).status == 401

    def test_a_suspended_cluster_refuses_and_wakes_with_what_it_had(self, serve, tmp_path):
        served = serve(data_dir=tmp_path)
        admin, cluster = Administrator(served), served.addresses.cluster_id
        token, _ = admin.client_token(cluster)
        page = Walker(served)
        assert page.send(f"{page.home}/suspend", {}).status == 303
        admin.until(cluster, "Suspended")
        assert admin.rest(cluster, token).status == 503
        assert admin("PUT", f"/clusters/{cluster}/wake").status == 204
        admin.until(cluster, "Healthy")
        assert admin.rest(cluster, token).status == 200

    def test_what_was_suspended_stays_so_over_a_restart(self, serve, tmp_path):
        served = serve(data_dir=tmp_path)
        admin = Administrator(served)
        cluster = admin.create("sleeper").json["clusterId"]
        admin.until(cluster, "Healthy")
        page = Walker(served)
        assert page.send(f"/console/org/{served.addresses.org_id}/cluster/{cluster}/suspend", {}).status == 303
        admin.until(cluster, "Suspended")
        served.stop()
        again = Administrator(serve(data_dir=tmp_path))
        again.until(cluster, "Suspended")
        assert again("PUT", f"/clusters/{cluster}/wake").status == 204
        again.until(cluster, "Healthy")

    def test_waking_what_is_awake_is_a_conflict(self, admin, home):
        assert admin("PUT", f"{home}/wake").status == 409

    @pytest.mark.parametrize(
        "change",
        [
            {"name": ""}, {"name": "x" * 51}, {"planTypeId": "x"}, {"channelId": "x"}, {"generationId": "x"},
            {"regionId": "x"}, {"description": "x" * 151}, {"stageLabel": "moon"}, {"encryption": "none"},
        ],
    )  # fmt: skip
    def test_a_cluster_that_cannot_be_is_refused(self, admin, change):
        before = len(admin("GET", "/clusters").json)
        assert admin.create(**{"name": "x", **change}).status == 400
        assert len(admin("GET", "/clusters").json) == before

    def test_there_are_so_many_and_no_more(self, serve):
        admin = Administrator(serve(clusters_max=1))
        assert admin.create().status == 400

    def test_what_there_is_no_newer_one_of_is_not_upgraded(self, admin, home):
        assert admin("PUT", f"{home}/upgrade").status == 400

    def test_what_only_aws_has_is_refused_as_there(self, admin, home):
        key = {"primaryEncryptionKeyId": "arn:aws:kms:x"}
        assert admin("PUT", f"{home}/encryption", key).status == 409
        assert admin("PUT", f"{home}/encryption", {"primaryEncryptionKeyId": "x"}).status == 400
        assert admin("POST", f"{home}/failover", {"backupIds": [], "restoreBackupId": "x"}).status == 400
        assert admin("POST", f"{home}/failover", {"backupIds": ["x"], "restoreBackupId": "x"}).status == 404
        assert admin("GET", f"{home}/secure-connectivity").json == {"status": {}}
        wanted = {"allowedPrincipals": [], "allowedRegions": []}
        assert admin("POST", f"{home}/secure-connectivity", wanted).status == 403
        assert admin("DELETE", f"{home}/secure-connectivity").status == 409


class TestSecrets:
    def test_a_secret_is_kept_changed_and_forgotten(self, admin, home):
        assert admin("POST", f"{home}/secrets", {"secretName": "KEY", "secretValue": "value"}).status == 204
        assert admin("POST", f"{home}/secrets", {"secretName": "KEY", "secretValue": "again"}).status == 409
        assert admin("GET", f"{home}/secrets").json["KEY"] == "value"
        assert admin("PUT", f"{home}/secrets/KEY", {"secretValue": "other"}).status == 204
        assert admin("GET", f"{home}/secrets").json["KEY"] == "other"
        assert admin("PUT", f"{home}/secrets/NONE", {"secretValue": "x"}).status == 404
        assert admin("DELETE", f"{home}/secrets/KEY").status == 204
        assert "KEY" not in admin("GET", f"{home}/secrets").json

    @pytest.mark.parametrize("name", ["", "x" * 50, "a/b", "..", "a b", "\n"])
    def test_a_name_that_is_none_is_refused(self, admin, home, name):
        assert admin("POST", f"{home}/secrets", {"secretName": name, "secretValue": "x"}).status == 400

    def test_the_scope_secrets_reads_them_and_no_other_scope_does(self, admin, served, home):
        admin("POST", f"{home}/secrets", {"secretName": "FOR_CONNECTORS", "secretValue": "v"})
        token, _ = admin.client_token(served.addresses.cluster_id, ["Secrets"], "secrets.camunda.io")
        headers = {"authorization": f"Bearer {token}"}
        for path in ("/cluster-api/secrets", f"{API}{home}/secrets"):
            assert served.request("GET", path, headers=headers).json["FOR_CONNECTORS"] == "v"
        other, _ = admin.client_token(served.addresses.cluster_id, ["Zeebe"])
        for path in ("/cluster-api/secrets", f"{API}{home}/secrets"):
            assert served.request("GET", path, headers={"authorization": f"Bearer {other}"}).status in {401, 403}
        assert served.request("DELETE", f"{API}{home}/secrets/FOR_CONNECTORS", headers=headers).status == 401

    def test_values_are_nowhere_on_the_disk(self, serve, tmp_path):
        served = serve(data_dir=tmp_path)
        admin = Administrator(served)
        body = {"secretName": "DEEP", "secretValue": "a-value-that-nobody-finds"}
        assert admin("POST", f"/clusters/{served.addresses.cluster_id}/secrets", body).status == 204
        served.stop()
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert not [path for path in files if b"a-value-that-nobody-finds" in path.read_bytes()]
        again = Administrator(serve(data_dir=tmp_path))
        found = again("GET", f"/clusters/{served.addresses.cluster_id}/secrets").json
        assert found == {"DEEP": "a-value-that-nobody-finds"}

    def test_the_database_alone_opens_nothing(self, serve, tmp_path):
        served = serve(data_dir=tmp_path)
        cluster = served.addresses.cluster_id
        Administrator(served)("POST", f"/clusters/{cluster}/secrets", {"secretName": "A", "secretValue": "b"})
        served.stop()
        (tmp_path / "secrets.key").unlink()
        answer = Administrator(serve(data_dir=tmp_path))("GET", f"/clusters/{cluster}/secrets")
        assert answer.status == 503
        assert "secrets.key" in answer.text


class TestAllowlist:
    def test_only_listed_addresses_reach_the_cluster(self, admin):
        cluster = admin.create("listed").json["clusterId"]
        admin.until(cluster, "Healthy")
        token, _ = admin.client_token(cluster)
        entries = [{"ip": "192.0.2.0/24, 198.51.100.7", "description": "elsewhere"}]
        assert admin("PUT", f"/clusters/{cluster}/ipallowlist", {"ipallowlist": entries}).status == 204
        assert admin("GET", f"/clusters/{cluster}").json["ipallowlist"] == entries
        assert admin.rest(cluster, token).status == 403
        assert admin("PUT", f"/clusters/{cluster}/ipwhitelist", {"ipwhitelist": [
            {"ip": "127.0.0.1", "description": ""}]}).status == 204  # fmt: skip
        assert admin.rest(cluster, token).status == 200

    @pytest.mark.parametrize("ip", ["", "nonsense", "300.1.1.1", "1.2.3.4,", "1.2.3.4/33", "<script>"])
    def test_what_is_no_address_is_refused(self, admin, home, ip):
        body = {"ipallowlist": [{"ip": ip, "description": ""}]}
        assert admin("PUT", f"{home}/ipallowlist", body).status == 400

    def test_a_header_counts_from_trusted_proxies_alone(self, serve):
        for trusted, status in (("127.0.0.1", 200), ("192.0.2.1", 403)):
            served = serve(trusted_proxies=(trusted,), proxy_header="X-Forwarded-For")
            admin, cluster = Administrator(served), served.addresses.cluster_id
            token = served.token("zeebe.camunda.io")
            admin("PUT", f"/clusters/{cluster}/ipallowlist", {"ipallowlist": [{"ip": "10.1.1.1", "description": ""}]})
            headers = {"authorization": f"Bearer {token}", "x-forwarded-for": "6.6.6.6, 10.1.1.1"}
            assert served.request("GET", "/v2/topology", headers=headers).status == status
            # What stands left of the proxy's own word, the caller may have written.
            headers["x-forwarded-for"] = "10.1.1.1, 6.6.6.6"
            assert served.request("GET", "/v2/topology", headers=headers).status == 403


class TestBackups:
    def test_a_backup_is_made_listed_put_back_and_deleted(self, serve, tmp_path):
        served = serve(data_dir=tmp_path)
        admin, home = Administrator(served), f"/clusters/{served.addresses.cluster_id}"
        made = admin("POST", f"{home}/backups").json
        self.until(lambda: admin("GET", f"{home}/backups").json[0]["status"] == "Complete")
        assert admin("POST", f"{home}/backups").status == 409
        one = f"{home}/backups/{made['uuid']}"
        assert admin("GET", f"{one}/restore").status == 404
        assert admin("POST", f"{one}/restore").json["backupId"] == made["uuid"]
        self.until(lambda: admin("GET", f"{one}/restore").json["state"] == "COMPLETED")
        admin.until(served.addresses.cluster_id, "Healthy")
        assert admin("DELETE", one).json["uuid"] == made["uuid"]
        assert admin("GET", f"{home}/backups").json == []

    def test_a_schedule_is_five_fields(self, admin, home):
        assert admin("GET", f"{home}/backups/schedule").status == 404
        for text in ("", "x", "* * * *", "61 * * * *", "@daily"):
            assert admin("PUT", f"{home}/backups/schedule", {"schedule": text}).status == 400
        assert admin("PUT", f"{home}/backups/schedule", {"schedule": "0 3 * * *"}).json["schedule"] == "0 3 * * *"
        assert admin("GET", f"{home}/backups/schedule").json["schedule"] == "0 3 * * *"
        for _ in range(2):
            assert admin("DELETE", f"{home}/backups/schedule").status == 204

    @staticmethod
    def until(holds):
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_monitoring_is_switched_on_read_with_its_own_credentials_and_off(admin, served, home):
    metrics = f"/monitoring/{served.addresses.cluster_id}/metrics"
    assert admin("DELETE", f"{home}/monitoring").status == 409
    assert admin("POST", f"{home}/monitoring").status == 204
    assert admin("POST", f"{home}/monitoring").status == 409
    made = admin("POST", f"{home}/monitoring/clients", {"username": "prometheus"}).json
    assert served.request("GET", metrics).status == 401
    scraped = served.request("GET", metrics, headers=basic(made["username"], made["password"]))
    assert f'c8_cluster_healthy{{cluster_id="{served.addresses.cluster_id}"}} 1' in scraped.text
    rotated = admin("POST", f"{home}/monitoring/clients/{made['uuid']}/rotate").json
    assert served.request("GET", metrics, headers=basic("prometheus", made["password"])).status == 401
    assert served.request("GET", metrics, headers=basic("prometheus", rotated["password"])).status == 200
    (listed,) = admin("GET", f"{home}/monitoring/clients").json["clients"]
    assert "password" not in listed
    assert admin("DELETE", f"{home}/monitoring").status == 204
    assert served.request("GET", metrics, headers=basic("prometheus", rotated["password"])).status == 401
    assert admin("GET", f"{home}/monitoring/clients").json == {"clients": [], "status": {}}


def basic(name, password):
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def test_members_are_invited_changed_and_removed(admin):
    assert admin("POST", "/members/ada@example.org", {"orgRoles": ["developer"]}).status == 204
    assert admin("GET", "/members").json == [
        {"name": "", "email": "ada@example.org", "roles": ["developer"], "invitePending": True}
    ]
    assert admin("POST", "/members/ada@example.org", {"orgRoles": ["admin", "analyst"]}).status == 204
    assert admin("GET", "/members").json[0]["roles"] == ["admin", "analyst"]
    for roles in (["owner"], ["nothing"], []):
        assert admin("POST", "/members/ada@example.org", {"orgRoles": roles}).status == 400
    assert admin("POST", "/members/nobody", {"orgRoles": ["admin"]}).status == 400
    assert admin("DELETE", "/members/ada@example.org").status == 204
    assert admin("DELETE", "/members/ada@example.org").status == 404


def test_what_was_done_is_told_without_secrets(admin, home):
    admin("POST", f"{home}/secrets", {"secretName": "=SUM(A1)", "secretValue": "a-hidden-value"})
    lines = admin("GET", "/activity/json").json
    line = next(one for one in lines if one["entityId"] == "=SUM(A1)")
    assert (line["auditType"], line["entity"], line["parentEntityId"]) == ("c", "secret", home.rpartition("/")[2])
    table = admin("GET", "/activity/csv").text
    assert "a-hidden-value" not in table + json.dumps(lines)
    rows = list(csv.reader(io.StringIO(table)))
    # A spreadsheet must not take it for a formula.
    assert any("'=SUM(A1)" in row for row in rows)
    assert admin("DELETE", f"{home}/secrets/=SUM(A1)").status == 204


def test_the_document_and_its_page_are_there(served):
    document = served.request("GET", f"{API}/openapi.json").json
    assert sum(len(methods) for methods in document["paths"].values()) == 43
    page = served.request("GET", f"{API}/docs")
    assert page.status == 200
    for path in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert served.request("GET", f"{API}/docs/{path}").status == 200
    assert served.request("GET", f"{API}/docs/..%2f_guard.py").status == 404
    assert served.request("GET", f"{API}/docs/index.html").status == 404


def test_every_operation_of_the_document_has_a_route_and_no_other():
    served = {(method, path.replace("{", "").replace("}", "").count("/")) for method, path, _, _ in OPERATIONS}
    document = json.loads((Path(console.__file__).parent / "static" / "openapi.json").read_text())
    named = {(method.upper(), path.count("/")) for path, methods in document["paths"].items() for method in methods}
    assert served == named


class Walker:
    """A browser with cookies, for pages that a test only passes through."""

    def __init__(self, served) -> None:
        self.served = served
        self.cookies: dict[str, str] = {}
        self.home = f"/console/org/{served.addresses.org_id}/cluster/{served.addresses.cluster_id}"

    def get(self, path):
        return self.keep(self.served.request("GET", path, headers=self.headers()))

    def send(self, path, fields, *, page="/console"):
        found = re.search(r'name="form_token" value="(\w+)"', self.get(self.home if page == "/console" else page).text)
        fields = {"form_token": found[1] if found else "", **fields}
        return self.keep(
            self.served.form(path, fields, self.headers() | {"origin": self.served.addresses.http_address})
        )

    def headers(self):
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def keep(self, answer):
        for cookie in answer.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer
