"""What a cluster of real brokers is made of, and what each broker is told. Pure: no process, no socket, no clock.

A plan is written down when a cluster is made and read again at each start, so that ports and shape outlive the process.
The names of environment variables are those of Zeebe 8.5 to 8.7.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from c8py.base import limits
from c8py.errors import ConfigError

VERSION_DEFAULT: Final = "8.6.0"
# Up to 8.4 it has no REST API; since 8.8 it asks for a secondary storage and is told other names.
_VERSIONS_FIT: Final = ("8.5", "8.6", "8.7")
PORT_FIRST: Final = 26600  # below the range that systems hand out to outgoing connections
PORT_LAST: Final = 29_999
_PARTITION_MB_MIN: Final = 32  # what RocksDB asks for at least
_LOCAL: Final = "127.0.0.1"


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Where one broker listens.

    Attributes:
        grpc: of its gateway, for clients.
        rest: of its gateway, for clients.
        management: health, metrics and backups; for this platform alone.
        command: for gateways.
        internal: for the other brokers.
        behind_grpc: where the gateway itself listens, on loopback, if the platform does so in its place; else 0.
        behind_rest: the same for REST.
    """

    grpc: int
    rest: int
    management: int
    command: int
    internal: int
    behind_grpc: int = 0
    behind_rest: int = 0


class BrokerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One broker.

    Attributes:
        node_id: its number, from 0.
        host: the machine that it runs on, as the others reach it.
        ports: where it listens there.
        machine: the id of the joined host that runs it; "" is the machine of the platform.
    """

    node_id: int
    host: str
    ports: Ports
    machine: str = ""

    @property
    def grpc_address(self) -> str:
        """host:port for clients."""
        return f"{bracketed(self.host)}:{self.ports.grpc}"

    def rest_address(self, *, secured: bool) -> str:
        """Base URL for clients."""
        return f"{'https' if secured else 'http'}://{bracketed(self.host)}:{self.ports.rest}"

    @property
    def management_url(self) -> str:
        """Base of its management endpoints, as this machine reaches them."""
        return f"http://{_LOCAL}:{self.ports.management}"


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants a cluster to be.

    Attributes:
        version: of Zeebe.
        home: an unpacked distribution of the user's own; "" fetches the version.
        brokers: how many.
        partitions: how many.
        replication: on how many brokers each partition lies.
        heap_mb: memory of each broker's Java heap.
        partition_mb: memory of the store of each partition, beside the heap.
        java_options: further options of Java, parted by spaces.
    """

    version: str = VERSION_DEFAULT
    home: str = ""
    brokers: int = 1
    partitions: int = 1
    replication: int = 1
    heap_mb: int = 512
    partition_mb: int = 64
    java_options: str = ""

    def __post_init__(self) -> None:
        """Refuse what no cluster can be.

        Raises:
            ConfigError: a number is out of its bounds, or the version is none that we can run.
        """
        bounds = {
            "brokers": (1, limits.BROKERS_MAX),
            "partitions": (1, limits.PARTITIONS_MAX),
            "heap_mb": (128, 65_536),
            "partition_mb": (_PARTITION_MB_MIN, 65_536),
        }
        for name, (least, greatest) in bounds.items():
            if not least <= getattr(self, name) <= greatest:
                raise ConfigError(
                    f"expected {name} between {least} and {greatest}, but it is {getattr(self, name)}",
                    hint="leave it out to get the default",
                )
        if not 1 <= self.replication <= self.brokers:
            raise ConfigError(
                f"expected a replication between 1 and the number of brokers, {self.brokers}, "
                f"but it is {self.replication}",
                hint="each copy of a partition needs a broker of its own",
            )
        if not self.version.startswith(tuple(f"{fit}." for fit in _VERSIONS_FIT)) or not _is_word(self.version):
            raise ConfigError(
                f"expected a version of Zeebe like {VERSION_DEFAULT}, but it is {self.version[:50]!r}",
                hint=f"brokers of {', '.join(_VERSIONS_FIT)} can be run; newer ones can be added as kind remote",
            )


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tokens the brokers take.

    Attributes:
        issuer: whose they are; the keys are fetched from below it with the first token.
        keys_base: base of the realm that the keys are fetched from, as the brokers reach it.
        audience: that a token must be for; each cluster has its own.
        truststore: PKCS12 with the authority of the platform's own certificate; "" where Java knows it.
        truststore_password: opens it; it guards nothing but public certificates.
    """

    issuer: str
    keys_base: str
    audience: str
    truststore: str = ""
    truststore_password: str = ""


class ServerTls(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that the brokers show to clients.

    Attributes:
        certificate: PEM file.
        key: PEM file.
    """

    certificate: str
    key: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster as it is written down.

    Attributes:
        cluster_id: its UUID; also what the brokers call themselves to each other.
        shape: what was wanted.
        brokers: each of them.
        bind: the address that those on the platform's machine listen on.
    """

    cluster_id: str
    shape: Shape
    brokers: tuple[BrokerPlan, ...]
    bind: str = _LOCAL

    @property
    def contact_points(self) -> str:
        """Where brokers find each other."""
        return ",".join(f"{bracketed(one.host)}:{one.ports.internal}" for one in self.brokers)


class Machinery(msgspec.Struct, frozen=True, kw_only=True):
    """A joined host that brokers can be put on.

    Attributes:
        machine: its id.
        host: how the other hosts reach it, and what its brokers listen on.
        free_ports: where nobody listens there.
    """

    machine: str
    host: str
    free_ports: tuple[int, ...]


def new_plan(  # each by name
    cluster_id: str,
    shape: Shape,
    *,
    bind: str,
    public_host: str,
    taken: Collection[int],
    is_free: Callable[[int], bool],
    joined: Sequence[Machinery] = (),
    guarded: bool = False,
) -> Plan:
    """The plan of a new cluster, with ports of its own; its brokers are dealt out to this machine and joined hosts.

    Args:
        cluster_id: its UUID.
        shape: what is wanted.
        bind: the address that brokers listen on.
        public_host: how this machine is reached.
        taken: ports of other clusters, which may not run at the moment.
        is_free: whether nobody listens on this port now.
        joined: hosts that are there.
        guarded: whether clients come in by doors of the platform; then all brokers are on its machine.

    Raises:
        ConfigError: there are not enough free ports.
    """
    given = set(taken)
    # No port is given out twice, on whichever host: two hosts may turn out to be one machine.
    places = [("", public_host, _free_ports(given, range(PORT_FIRST, PORT_LAST + 1), is_free))]
    places += (
        [] if guarded else [(one.machine, one.host, _free_ports(given, one.free_ports, _anything)) for one in joined]
    )
    brokers: list[BrokerPlan] = []
    for node_id in range(shape.brokers):
        machine, host, free = places[node_id % len(places)]
        try:
            grpc, rest, management, command, internal, *behind = (next(free) for _ in range(7 if guarded else 5))
        except (StopIteration, RuntimeError):
            raise ConfigError(
                f"expected 5 free ports for each broker from {PORT_FIRST} to {PORT_LAST} on {host}, "
                "but there are too few",
                hint="delete clusters that nobody needs",
            ) from None
        ports = Ports(grpc=grpc, rest=rest, management=management, command=command, internal=internal)
        if behind:
            ports = msgspec.structs.replace(ports, behind_grpc=behind[0], behind_rest=behind[1])
        brokers.append(BrokerPlan(node_id=node_id, host=host, ports=ports, machine=machine))
    return Plan(cluster_id=cluster_id, shape=shape, brokers=tuple(brokers), bind=bind)


def _free_ports(given: set[int], among: Iterable[int], is_free: Callable[[int], bool]) -> Iterator[int]:
    for port in among:
        if port not in given and is_free(port):
            given.add(port)
            yield port


def _anything(_port: int) -> bool:
    return True


def ports_of(plan: Plan) -> frozenset[int]:
    """Every port of a plan."""
    return frozenset(port for broker in plan.brokers for port in ports_of_broker(broker))


def ports_of_broker(broker: BrokerPlan) -> frozenset[int]:
    """Every port of one broker."""
    return frozenset(port for port in msgspec.structs.astuple(broker.ports) if port)


def environment_of(
    plan: Plan, broker: BrokerPlan, folder: Path, *, trust: Trust | None, tls: ServerTls | None = None
) -> dict[str, str]:
    """What a broker is told.

    Args:
        plan: its cluster.
        broker: which of them.
        folder: receives its data.
        trust: whose tokens it wants; None lets everybody in.
        tls: what it shows to clients; None talks in the clear.
    """
    shape, ports = plan.shape, broker.ports
    bind = broker.host if broker.machine else plan.bind
    told = {
        "ZEEBE_BROKER_CLUSTER_CLUSTERNAME": plan.cluster_id,
        "ZEEBE_BROKER_CLUSTER_NODEID": str(broker.node_id),
        "ZEEBE_BROKER_CLUSTER_CLUSTERSIZE": str(len(plan.brokers)),
        "ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT": str(shape.partitions),
        "ZEEBE_BROKER_CLUSTER_REPLICATIONFACTOR": str(shape.replication),
        "ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS": plan.contact_points,
        "ZEEBE_BROKER_DATA_DIRECTORY": str(folder / "data"),
        # Segments are laid out in full at once: nine of the default 128 MB would fill a laptop.
        "ZEEBE_BROKER_DATA_LOGSEGMENTSIZE": "32MB",
        # Its default stops taking work at 90 % of a full disk; a laptop's disk is often fuller than that.
        "ZEEBE_BROKER_DATA_DISK_FREESPACE_PROCESSING": "512MB",
        "ZEEBE_BROKER_DATA_DISK_FREESPACE_REPLICATION": "256MB",
        "ZEEBE_BROKER_EXPERIMENTAL_ROCKSDB_MEMORYLIMIT": f"{shape.partition_mb}MB",
        "ZEEBE_BROKER_NETWORK_HOST": bind,
        "ZEEBE_BROKER_NETWORK_ADVERTISEDHOST": broker.host,
        "ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT": str(ports.command),
        "ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT": str(ports.internal),
        "ZEEBE_BROKER_GATEWAY_NETWORK_HOST": _LOCAL if ports.behind_grpc else bind,
        "ZEEBE_BROKER_GATEWAY_NETWORK_PORT": str(ports.behind_grpc or ports.grpc),
        "SERVER_ADDRESS": _LOCAL if ports.behind_rest else bind,
        "SERVER_PORT": str(ports.behind_rest or ports.rest),
        # Nobody is asked for a token there: it must not leave the machine.
        "MANAGEMENT_SERVER_ADDRESS": _LOCAL,
        "MANAGEMENT_SERVER_PORT": str(ports.management),
    }
    return told | (_trusting(trust) if trust is not None else {}) | (_showing(tls) if tls is not None else {})


def _trusting(trust: Trust) -> dict[str, str]:
    return {
        "SPRING_PROFILES_ACTIVE": "broker,identity-auth",
        "ZEEBE_BROKER_GATEWAY_SECURITY_AUTHENTICATION_MODE": "identity",
        "CAMUNDA_IDENTITY_TYPE": "KEYCLOAK",
        "CAMUNDA_IDENTITY_ISSUER": trust.issuer,
        "CAMUNDA_IDENTITY_ISSUERBACKENDURL": trust.keys_base,
        "CAMUNDA_IDENTITY_AUDIENCE": trust.audience,
    }


def _showing(tls: ServerTls) -> dict[str, str]:
    return {
        "ZEEBE_BROKER_GATEWAY_SECURITY_ENABLED": "true",
        "ZEEBE_BROKER_GATEWAY_SECURITY_CERTIFICATECHAINPATH": tls.certificate,
        "ZEEBE_BROKER_GATEWAY_SECURITY_PRIVATEKEYPATH": tls.key,
        "SERVER_SSL_ENABLED": "true",
        "SERVER_SSL_CERTIFICATE": tls.certificate,
        "SERVER_SSL_CERTIFICATEPRIVATEKEY": tls.key,
    }


def command_of(plan: Plan, home: Path, java: Path, folder: Path, *, trust: Trust | None, main: str) -> list[str]:
    """The program of a broker and its arguments.

    Args:
        plan: its cluster.
        home: the unpacked distribution.
        java: the program `java`.
        folder: receives its logs.
        trust: names the trust store, if any.
        main: the class that starts a broker.
    """
    store = [] if trust is None or not trust.truststore else _truststore(trust)
    return [
        str(java),
        f"-Xmx{plan.shape.heap_mb}m",
        "-XX:+UseSerialGC",
        # Rather one clean start than a broker that cannot say that it is full.
        "-XX:+ExitOnOutOfMemoryError",
        "-Dfile.encoding=UTF-8",
        f"-Dlog4j2.configurationFile={folder / 'log4j2.xml'}",
        f"-Dapp.home={folder}",
        *store,
        *plan.shape.java_options.split(),
        "-classpath",
        os.pathsep.join((str(home / "config"), str(home / "lib" / "*"))),
        main,
    ]


def _truststore(trust: Trust) -> list[str]:
    return [
        f"-Djavax.net.ssl.trustStore={trust.truststore}",
        f"-Djavax.net.ssl.trustStorePassword={trust.truststore_password}",
    ]


LOG_CONFIGURATION: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="WARN" shutdownHook="disable">
  <Appenders>
    <RollingFile name="File" fileName="{folder}/broker.log" filePattern="{folder}/broker-%i.log.gz">
      <PatternLayout pattern="%d{{yyyy-MM-dd HH:mm:ss.SSS}} [%t] [%X{{actor-name}}] %-5level %logger{{36}} - %msg%n"/>
      <SizeBasedTriggeringPolicy size="10 MB"/>
      <DefaultRolloverStrategy max="5"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="info"><AppenderRef ref="File"/></Root>
  </Loggers>
</Configuration>
"""


def bracketed(host: str) -> str:
    """The host as addresses have it, with brackets where IPv6 wants them."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _is_word(version: str) -> bool:
    return len(version) <= limits.VERSION_CHARS_MAX and all(
        part.isalnum() for part in version.replace("-", ".").split(".")
    )
