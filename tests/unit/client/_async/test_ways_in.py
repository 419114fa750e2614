"""Rules of a client's own token: as text it is a setting, as a function it takes the place of all credentials."""

from c8py.client import AsyncCamunda
from c8py.console import AsyncConsole
from harness.answering import HttpServer, Reply


def answering():
    return HttpServer(lambda _: Reply(200, b"[]"))


async def test_a_token_goes_out_as_it_stands():
    async with AsyncCamunda.from_env(profile="", rest_address="http://localhost:1", token="eyJ") as camunda:
        assert await camunda.authorization() == "Bearer eyJ"


async def test_a_function_is_asked_in_place_of_credentials():
    ways = {"client_id": "id", "client_secret": "s3cr~t", "oauth_url": "https://login.invalid/token"}
    async with AsyncCamunda.from_env(
        profile="", rest_address="http://localhost:1", token=lambda: "mine", **ways
    ) as camunda:
        assert await camunda.authorization() == "Bearer mine"


async def test_the_administration_api_takes_a_function_as_well():
    server = answering()
    async with AsyncConsole.from_env(profile="", console_base_url=server.url, token=lambda: "mine") as console:
        assert await console.clusters() == []
    assert server.received[0].headers["authorization"] == "Bearer mine"
    server.close()
