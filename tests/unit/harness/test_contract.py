"""A contract that nothing breaks proves nothing: each way to break it is refused, by the reason."""

import http.client
import json

import pytest

from harness.contract import Broken, Contract
from harness.json_samples import JsonSamples
from harness.openapi import document, operations

TOKEN = "a-token-of-the-contract"
BOUNDARY = "b"


@pytest.fixture(scope="module")
def contract():
    server = Contract(document(), token=TOKEN)
    yield server
    server.close()


@pytest.fixture
def ask(contract):
    def asked(method, path, body=None, **headers):
        connection = http.client.HTTPConnection(contract.url.removeprefix("http://"), timeout=10)
        said = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        own = {"accept": "application/json", "authorization": f"Bearer {TOKEN}"}
        own |= {} if said is None else {"content-type": "application/json"}
        connection.request(method, path, said, own | {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, answer.decode()

    return asked


def form(*parts: str) -> tuple[bytes, str]:
    lines = "".join(f"--{BOUNDARY}\r\ncontent-disposition: form-data; {part}\r\n" for part in parts)
    return f"{lines}--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("GET", "/v2/nothing", None, "PathNotFound"),
        ("GET", "/topology", None, "PathNotFound"),
        ("PUT", "/v2/topology", None, "OperationNotFound"),
        ("GET", "/v2/topology", {}, "has no body"),
        ("GET", "/v2/topology?a=1", None, "has no parameter a"),
        ("GET", "/v2/process-instances/one", None, "does not match"),
        ("GET", "/v2/system/usage-metrics?startTime=now&endTime=2026-11-21T00:00:00Z", None, "date-time"),
        ("GET", "/v2/system/usage-metrics", None, "MissingRequiredParameter"),
        ("POST", "/v2/variables/search?truncateValues=no", {}, "expected true or false"),
        ("POST", "/v2/jobs/activation", None, "MissingRequiredRequestBody"),
        ("POST", "/v2/jobs/activation", {"type": "t"}, "'timeout' is a required property"),
        ("POST", "/v2/jobs/1/failure", {"retries": "2"}, "is not of type 'integer'"),
        ("POST", "/v2/jobs/1/failure", {"retry": 2}, "'retry' was unexpected"),
        ("POST", "/v2/jobs/search", {"filter": {"state": {"$equals": "CREATED"}}}, "filter/state"),
        ("POST", "/v2/jobs/search", {"sort": [{"field": "colour"}]}, "'colour' is not one of"),
        ("POST", "/v2/jobs/search", b"{", "MediaTypeDeserializeError"),
    ],
)
def test_a_request_that_breaks_it_is_refused_by_the_reason(ask, method, path, body, reason):
    status, answer = ask(method, path, body)
    assert status == 400
    assert reason in json.loads(answer)["detail"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"authorization": "Bearer other"}, "expected the token"),
        ({"accept": "text/xml"}, "the caller accepts text/xml"),
        ({"content_type": "text/plain"}, "MediaTypeNotFound"),
    ],
)
def test_headers_that_break_it_are_refused(ask, headers, reason):
    status, answer = ask("POST", "/v2/jobs/search", {}, **headers)
    assert status == 400
    assert reason in answer


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (['name="metadata"\r\n\r\n{}'], "should be non-empty"),
        (['name="files"\r\n\r\n1'], "expected a file name"),
        (['name="files"; filename="a"\r\nx-document-metadata: {"size":"1"}\r\n\r\n1'], "is not of type"),
        (['name="files"; filename="a"\r\n\r\n1', 'name="more"\r\n\r\n1'], "more"),
    ],
)
def test_a_form_that_breaks_it_is_refused(ask, parts, reason):
    body, kind = form(*parts)
    status, answer = ask("POST", "/v2/documents/batch", body, content_type=kind)
    assert status == 400
    assert reason in answer


def test_what_holds_is_answered_with_what_the_schema_says(ask, contract):
    contract.turn, contract.amount = 0, "all"
    status, answer = ask("POST", "/v2/jobs/search", {"filter": {"state": {"$in": ["CREATED"]}}})
    assert status == 200
    assert json.loads(answer) == contract.last
    assert json.loads(answer)["items"][0]["state"] == "CANCELED"  # the first that there is


def test_an_answer_that_breaks_it_is_not_given(ask, contract):
    contract.given["getTopology"] = {"brokers": "none"}
    status, answer = ask("GET", "/v2/topology")
    del contract.given["getTopology"]
    assert status == 400
    assert "our own answer" in answer


@pytest.mark.parametrize("amount", ["least", "all"])
@pytest.mark.parametrize("turn", range(3))
def test_samples_fit_their_schemas(contract, amount, turn):
    samples = JsonSamples(contract.api, pick=lambda count: turn % count, amount=amount)
    for _, _, operation in operations(contract.api):
        for one in [operation.get("requestBody", {}), *operation["responses"].values()]:
            schema = one.get("content", {}).get("application/json", {}).get("schema")
            if schema:
                contract.fits(schema, samples.value(schema))


def test_what_does_not_fit_a_schema_is_found(contract):
    with pytest.raises(Broken, match="is not of type 'string'"):
        contract.fits({"$ref": "#/components/schemas/TopologyResponse"}, {"brokers": [], "gatewayVersion": 1})


@pytest.mark.slow
def test_the_document_is_openapi(contract):
    from openapi_spec_validator import OpenAPIV31SpecValidator

    assert list(OpenAPIV31SpecValidator(contract.api).iter_errors()) == []
