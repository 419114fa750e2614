"""Input and output mappings as pure computation: variables in, variables out."""

from collections.abc import Mapping, Sequence

from c8py.engine.bpmn import IoMapping
from c8py.engine.records import Variables


def map_inputs(mappings: Sequence[IoMapping], seen: Mapping[str, object]) -> Variables:
    """The local variables that input mappings make; later ones see earlier ones, nested targets start empty.

    Raises:
        EvaluationFailure: a source cannot be evaluated.
    """
    context = dict(seen)
    made: Variables = {}
    for mapping in mappings:
        name, *path = mapping.target
        made[name] = context[name] = _placed(made.get(name), path, mapping.source.evaluate(context))
    return made


def map_outputs(mappings: Sequence[IoMapping], seen: Mapping[str, object]) -> Variables:
    """The variables that output mappings make; nested targets merge into what is there.

    Raises:
        EvaluationFailure: a source cannot be evaluated.
    """
    context = dict(seen)
    made: Variables = {}
    for mapping in mappings:
        name, *path = mapping.target
        made[name] = context[name] = _placed(context.get(name), path, mapping.source.evaluate(context))
    return made


def _placed(base: object, path: Sequence[str], value: object) -> object:
    """`base` with the value at the path. What is no object on the way becomes null, as in the real engine."""
    if not path:
        return value
    if base is None:
        base = {}
    if not isinstance(base, dict):
        return None
    known: dict[str, object] = base  # pyright: ignore[reportUnknownVariableType]  JSON objects have text keys
    return {**known, path[0]: _placed(known.get(path[0]), path[1:], value)}
