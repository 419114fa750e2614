"""Where each REST API of Camunda is, by the settings, and what its address ends with. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from c8py.auth.of_settings import Api
from c8py.config import Settings
from c8py.errors import ConfigError


class Place(msgspec.Struct, frozen=True):
    """One API.

    Attributes:
        title: what people call it.
        credentials: whose credentials it takes.
        setting: the field of the settings that has its address.
        variable: the name of that setting in the environment.
        root: what all its paths begin with.
        beside: what other paths of the same address begin with.
    """

    title: str
    credentials: Api
    setting: str
    variable: str
    root: str
    beside: tuple[str, ...] = ()

    def address(self, settings: Settings) -> str:
        """The address that `path` is put behind.

        Raises:
            ConfigError: the settings have none.
        """
        said: str | None = getattr(settings, self.setting)
        if said is None:
            raise ConfigError(f"expected the address of {self.title}, but there is none", hint=f"set {self.variable}")
        address = said.rstrip("/")
        parts = self.root.split("/")
        # Some settings have the root, or the beginning of it, in their address.
        ends = ["/".join(parts[:end]) for end in range(len(parts), 1, -1)]
        return next((address.removesuffix(end) for end in ends if address.endswith(end)), address)

    def path(self, asked: str) -> str:
        """A path as people have it from documents, with or without its slash and root."""
        path = f"/{asked.lstrip('/')}"
        whole = path == self.root or path.startswith((f"{self.root}/", f"{self.root}?", *self.beside))
        return path if whole else self.root + path


PLACES: Final[Mapping[str, Place]] = {
    "orchestration": Place(
        "the REST API",
        "cluster",
        "rest_address",
        "ZEEBE_REST_ADDRESS (or CAMUNDA_REST_ADDRESS)",
        "/v2",
        ("/cluster/v2/",),
    ),
    "console": Place("the Administration API", "console", "console_base_url", "CAMUNDA_CONSOLE_BASE_URL", ""),
    "modeler": Place("Web Modeler", "modeler", "modeler_base_url", "CAMUNDA_MODELER_BASE_URL", "/api/v1"),
    "optimize": Place("Optimize", "optimize", "optimize_base_url", "CAMUNDA_OPTIMIZE_BASE_URL", "/api"),
    "operate": Place("Operate", "operate", "operate_base_url", "CAMUNDA_OPERATE_BASE_URL", "/v1"),
    "tasklist": Place("Tasklist", "tasklist", "tasklist_base_url", "CAMUNDA_TASKLIST_BASE_URL", "/v1"),
}
