"""Settings of the first cluster, and of real brokers."""

import re
from typing import Final

import msgspec

from c8py.errors import ConfigError
from c8py.server.settings.bounds import named

_REGION: Final = re.compile(r"[A-Za-z0-9-]{1,50}")


class ClusterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster that the first start makes; a folder that has one already keeps it as it is.

    Attributes:
        name: shown in Console.
        region: shown in Console and written to credentials files.
        generation: the version that Console shows.
    """

    name: str = "local"
    region: str = "local-1"
    generation: str = "8.9 gen1"

    def __post_init__(self) -> None:
        """Refuse empty and unprintable names.

        Raises:
            ConfigError: one of them is.
        """
        named("cluster.name", self.name)
        # The region stands in files that shells read: no quote may get there.
        if not _REGION.fullmatch(self.region):
            raise ConfigError(f"expected cluster.region like 'local-1', but it is {self.region[:80]!r}")
        named("cluster.generation", self.generation)


class BrokersSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Clusters of real brokers.

    Attributes:
        cache_dir: where fetched distributions are kept; "" is below the data folder.
        java_home: the Java that brokers run on; "" looks for one.
        zeebe_home: an unpacked distribution in the place of a fetched one; "" fetches what a cluster asks for.
        maven_repository: base URL of the repository that distributions are fetched from; "" is Maven Central.
        backups_dir: where backups of clusters go; "" is below the data folder.
        guarded: whether clients of clusters that are made from now on come in by the platform, which heeds their IP
            allowlists then; nobody gets in while it is away.
        outlive: whether brokers go on when the platform stops, so that its restart leaves them untouched; those of a
            temporary folder never do.
    """

    cache_dir: str = ""
    java_home: str = ""
    zeebe_home: str = ""
    maven_repository: str = ""
    backups_dir: str = ""
    guarded: bool = False
    outlive: bool = True
