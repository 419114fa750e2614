"""The shape of a cluster that the embedded engine serves: one broker, one partition, both this very process."""

from typing import Final

import msgspec

from c8py.proto import gateway_pb2 as pb
from c8py.server.gateway.cluster import PARTITION_ID, ServedCluster

PROTOCOL_VERSION: Final = "8.9.0"
"""The version of Camunda whose protocol this gateway speaks; clients choose what they send by it."""


class Place(msgspec.Struct, frozen=True):
    """Where a gateway listens for gRPC."""

    host: str
    port: int


def grpc_topology(cluster: ServedCluster, place: Place) -> pb.TopologyResponse:
    """The answer of the rpc Topology."""
    health = pb.Partition.PartitionBrokerHealth
    partition = pb.Partition(
        partitionId=PARTITION_ID,
        role=pb.Partition.PartitionBrokerRole.LEADER,
        health=health.HEALTHY if cluster.healthy else health.UNHEALTHY,
    )
    broker = pb.BrokerInfo(nodeId=0, host=place.host, port=place.port, partitions=[partition], version=PROTOCOL_VERSION)
    return pb.TopologyResponse(
        brokers=[broker],
        clusterSize=1,
        partitionsCount=1,
        replicationFactor=1,
        gatewayVersion=PROTOCOL_VERSION,
        clusterId=cluster.cluster_id,
    )
