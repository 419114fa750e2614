"""The local platform: what a Camunda 8 organization is made of, in one process on one machine.

Rooms, each importing only what stands below it: `app` wires and runs; `gateway` (gRPC and REST v2), `console`
(Administration API and web pages) and `oauth` (token service) are its edges; `access` decides who may call what;
`store` keeps organization, clusters, clients and keys; `settings` are plain values. It never imports the SDK.
"""
