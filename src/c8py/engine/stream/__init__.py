"""The loop: command → events → state → commit → effects; and replay, which is the same without the deciding."""

from c8py.engine.stream.partition import Partition, Said

__all__ = ["Partition", "Said"]
