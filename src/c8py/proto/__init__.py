"""The gRPC API of Zeebe's gateway: generated messages and stubs, and our own gateway.proto beside them.

`gateway_pb2` holds the messages, `gateway_pb2_grpc` the service for both colours of grpcio (`GatewayStub`,
`GatewayAsyncStub`, the table `RPCS`, `add_GatewayServicer_to_server`). Nothing here is loaded before it is asked for.

The messages live in a descriptor pool of their own, `gateway_pb2.DESCRIPTOR.pool`, so that another client of Camunda
with the same package may be loaded beside ours; server reflection has to be given that pool.
"""
