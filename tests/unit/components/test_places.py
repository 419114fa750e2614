"""Where each API is: addresses as settings have them, paths as documents have them."""

import pytest

from c8py.components import PLACES
from c8py.config import load
from c8py.errors import ConfigError


@pytest.mark.parametrize(
    ("api", "setting", "address", "asked", "url"),
    [
        ("orchestration", "rest_address", "http://h:1/c", "topology", "http://h:1/c/v2/topology"),
        ("orchestration", "rest_address", "http://h:1/c", "/v2/topology", "http://h:1/c/v2/topology"),
        ("orchestration", "rest_address", "http://h:1", "/cluster/v2/x", "http://h:1/cluster/v2/x"),
        ("console", "console_base_url", "http://h:1/console-api/", "/clusters", "http://h:1/console-api/clusters"),
        ("modeler", "modeler_base_url", "http://h:1/api", "info", "http://h:1/api/v1/info"),
        ("modeler", "modeler_base_url", "http://h:1/api/v1", "/api/v1/info", "http://h:1/api/v1/info"),
        ("modeler", "modeler_base_url", "http://h:1", "/info", "http://h:1/api/v1/info"),
        ("optimize", "optimize_base_url", "http://h:1/c", "/readyz", "http://h:1/c/api/readyz"),
        ("optimize", "optimize_base_url", "http://h:1/c/api", "/api/readyz", "http://h:1/c/api/readyz"),
        ("operate", "operate_base_url", "http://h:1/v1", "/v1/drd/1", "http://h:1/v1/drd/1"),
        ("tasklist", "tasklist_base_url", "http://h:1", "tasks/search?a=b", "http://h:1/v1/tasks/search?a=b"),
    ],
)
def test_an_address_and_a_path_are_one_url_whatever_of_the_root_each_has(api, setting, address, asked, url):
    place = PLACES[api]
    settings = load({setting: address}, environ={})
    assert place.address(settings) + place.path(asked) == url


def test_an_address_that_is_missing_is_named():
    with pytest.raises(ConfigError, match="CAMUNDA_CONSOLE_BASE_URL"):
        PLACES["console"].address(load(environ={}))
