"""Syntax tree to Python closures, once per expression: what each kind of node means.

What operators do to values stands in `operations`, what functions do in `builtins`.

A mistake of types never stops an evaluation: as in the real engine the part becomes null and leaves a warning.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from c8py.engine.feel import syntax
from c8py.engine.feel.builtins import FUNCTIONS, Builtin, Unfit, as_list
from c8py.engine.feel.frame import Frame
from c8py.engine.feel.operations import COMPARISONS, OPERATIONS
from c8py.engine.feel.values import CONTEXT, Number, equals, from_json, is_context, is_list, is_number, kind_of

Code: TypeAlias = Callable[[Frame], object]


def compile_node(node: syntax.Node) -> Code:
    """The closure that evaluates this node in a frame."""
    return _COMPILERS[type(node)](node)


# -- literals, names, lists, contexts


def _literal(node: syntax.Literal) -> Code:
    value = node.value
    return lambda _frame: value


def _name(node: syntax.Name) -> Code:
    name = node.name
    return lambda frame: frame.find(name)


def _list_of(node: syntax.ListOf) -> Code:
    codes = [compile_node(item) for item in node.items]
    return lambda frame: [code(frame) for code in codes]


def _context_of(node: syntax.ContextOf) -> Code:
    codes = [(key, compile_node(entry)) for key, entry in node.entries]

    def run(frame: Frame) -> object:
        entries: dict[str, object] = {}
        inner = Frame(entries, frame)
        for key, code in codes:
            entries[key] = code(inner)
        return entries

    return run


# -- arithmetic


def _arithmetic(node: syntax.Arithmetic) -> Code:
    first = compile_node(node.first)
    rest = [(OPERATIONS[operator], compile_node(operand)) for operator, operand in node.rest]

    def run(frame: Frame) -> object:
        value = first(frame)
        for operation, code in rest:
            value = operation(frame, value, code(frame))
        return value

    return run


def _negation(node: syntax.Negation) -> Code:
    operand = compile_node(node.operand)

    def run(frame: Frame) -> object:
        value = operand(frame)
        if not is_number(value):
            frame.warn("INVALID_TYPE", f"cannot negate {kind_of(value)}")
            return None
        return -value if isinstance(value, int) else CONTEXT.minus(value)

    return run


# -- comparison


def _comparison(node: syntax.Comparison) -> Code:
    left, right, compare = compile_node(node.left), compile_node(node.right), COMPARISONS[node.operator]
    return lambda frame: compare(frame, left(frame), right(frame))


def _between(node: syntax.Between) -> Code:
    value, low, high = compile_node(node.value), compile_node(node.low), compile_node(node.high)

    def run(frame: Frame) -> object:
        tested = value(frame)
        above = COMPARISONS[">="](frame, tested, low(frame))
        return _all(frame, (above, COMPARISONS["<="](frame, tested, high(frame))))

    return run


def _in(node: syntax.In) -> Code:
    value = compile_node(node.value)
    tests = [_TESTS[type(test)](test) for test in node.tests]

    def run(frame: Frame) -> object:
        tested = value(frame)
        results = [test(frame, tested) for test in tests]
        if len(results) == 1:
            return results[0]
        return any(result is True for result in results)

    return run


Check: TypeAlias = Callable[[Frame, object], object]


def _range_test(test: syntax.RangeTest) -> Check:
    low, high = compile_node(test.low), compile_node(test.high)
    above, below = COMPARISONS[">=" if test.low_included else ">"], COMPARISONS["<=" if test.high_included else "<"]

    def run(frame: Frame, tested: object) -> object:
        first = above(frame, tested, low(frame))
        return None if first is None else first and below(frame, tested, high(frame))

    return run


def _compare_test(test: syntax.CompareTest) -> Check:
    operand, compare = compile_node(test.operand), COMPARISONS[test.operator]
    return lambda frame, tested: compare(frame, tested, operand(frame))


def _value_test(test: syntax.ValueTest) -> Check:
    operand = compile_node(test.operand)

    def run(frame: Frame, tested: object) -> object:
        expected = operand(frame)
        if is_list(expected) and not is_list(tested):
            frame.budget.spend(len(expected))
            return any(equals(tested, item, frame.budget) for item in expected)
        return COMPARISONS["="](frame, tested, expected)

    return run


_TESTS: Final[Mapping[type, Callable[..., Check]]] = {
    syntax.RangeTest: _range_test,
    syntax.CompareTest: _compare_test,
    syntax.ValueTest: _value_test,
}


# -- logic


def _all(frame: Frame, values: Sequence[object]) -> bool | None:
    if False in [value for value in values if isinstance(value, bool)]:
        return False
    if all(value is True for value in values):
        return True
    frame.warn("INVALID_TYPE", "expected true or false on both sides of 'and'")
    return None


def _logic(node: syntax.Logic) -> Code:
    codes = [compile_node(operand) for operand in node.operands]
    decides = node.operator == "or"
    word = node.operator

    def run(frame: Frame) -> object:
        unknown = False
        for code in codes:
            value = code(frame)
            if value is decides:
                return decides
            if not isinstance(value, bool):
                if not unknown:
                    frame.warn("INVALID_TYPE", f"expected true or false beside '{word}', but {kind_of(value)}")
                unknown = True
        return None if unknown else not decides

    return run


def _if(node: syntax.If) -> Code:
    condition, chosen, otherwise = (compile_node(part) for part in (node.condition, node.chosen, node.otherwise))

    def run(frame: Frame) -> object:
        value = condition(frame)
        if not isinstance(value, bool):
            frame.warn("INVALID_TYPE", f"expected true or false after 'if', but {kind_of(value)}")
        return chosen(frame) if value is True else otherwise(frame)

    return run


# -- paths and filters


def _path(node: syntax.Path) -> Code:
    first = compile_node(node.first)
    steps = [_step(step) if isinstance(step, syntax.Step) else _filter(step) for step in node.steps]
    may_be_missing = isinstance(node.first, syntax.Name)

    def run(frame: Frame) -> object:
        before = len(frame.warnings)
        value = first(frame)
        if value is None and may_be_missing and len(frame.warnings) > before and isinstance(node.steps[0], syntax.Step):
            return None
        for step in steps:
            value = step(frame, value)
        return value

    return run


def _step(step: syntax.Step) -> Check:
    name = step.name

    def of_context(frame: Frame, value: object) -> object:
        if is_context(value) and name in value:
            return from_json(value[name])
        frame.warn("NO_CONTEXT_ENTRY_FOUND", f"no entry '{name}' in {kind_of(value)}")
        return None

    def run(frame: Frame, value: object) -> object:
        if is_list(value):
            frame.budget.spend(len(value))
            return [of_context(frame, item) for item in value]
        return of_context(frame, value)

    return run


def _filter(step: syntax.Filter) -> Check:
    condition = compile_node(step.condition)
    # Only what gives true or false is asked for every item; everything else is first tried as a position.
    cost = syntax.size(step.condition)
    always_for_each = isinstance(step.condition, syntax.Comparison | syntax.Between | syntax.In | syntax.Logic)

    def run(frame: Frame, value: object) -> object:
        if not is_list(value):
            frame.warn("INVALID_TYPE", f"expected a list before '[', but {kind_of(value)}")
            return None
        if not always_for_each:
            marked = len(frame.warnings)
            position = condition(frame)
            if is_number(position):
                return _item(frame, value, position)
            del frame.warnings[marked:]
        frame.budget.spend(cost * len(value))
        return [item for item in value if _matches(frame, condition, item)]

    return run


def _item(frame: Frame, items: Sequence[object], position: Number) -> object:
    index = position - 1 if position > 0 else len(items) + position
    if 0 <= index < len(items):
        return from_json(items[int(index)])
    frame.warn("OUT_OF_BOUNDS", f"no item {position} in a list of {len(items)}")
    return None


def _matches(frame: Frame, condition: Code, item: object) -> bool:
    names: dict[str, object] = {"item": item}
    if is_context(item):
        names.update(item)
    return condition(Frame(names, frame)) is True


# -- calls


def _call(node: syntax.Call) -> Code:
    if node.function == "is defined" and len(node.arguments) == 1:
        return _is_defined(node.arguments[0])
    codes = [compile_node(argument) for argument in node.arguments]
    builtin = _form(FUNCTIONS[node.function], node)
    if builtin is None:
        return _unknown_form(node, codes)
    if node.names:
        given = dict(zip(node.names, codes, strict=True))
        codes = [given.get(name, _nothing) for name in builtin.parameters]
    return _invocation(node.function, builtin, codes, spread=builtin.rest and bool(node.names))


def _nothing(_frame: Frame) -> object:
    return None


def _invocation(name: str, builtin: Builtin, codes: Sequence[Code], *, spread: bool) -> Code:
    function, rest = builtin.run, builtin.rest

    def run(frame: Frame) -> object:
        arguments = [code(frame) for code in codes]
        try:
            if spread:  # what is named is the list of all further arguments
                arguments += as_list(arguments.pop())
            return function(frame, arguments) if rest else function(frame, *arguments)
        except Unfit as unfit:
            frame.warn("FUNCTION_INVOCATION_FAILURE", f"function '{name}': {unfit}")
            return None

    return run


def _unknown_form(node: syntax.Call, codes: Sequence[Code]) -> Code:
    name, count = node.function, len(codes)

    def run(frame: Frame) -> object:
        frame.warn("NO_FUNCTION_FOUND", f"no function '{name}' that takes these {count} arguments")
        return None

    return run


def _form(forms: Sequence[Builtin], node: syntax.Call) -> Builtin | None:
    for form in forms:
        if node.names:
            if set(node.names) <= set(form.parameters):
                return form
        elif (form.rest and node.arguments) or (not form.rest and len(form.parameters) == len(node.arguments)):
            return form
    return None


def _is_defined(node: syntax.Node) -> Code:
    code = compile_node(node)
    return lambda frame: _present(frame, code)


def _present(frame: Frame, code: Code) -> bool:
    """Whether the value exists; a variable or entry that is there and null exists."""
    before = len(frame.warnings)
    return code(frame) is not None or len(frame.warnings) == before


_COMPILERS: Final[Mapping[type, Callable[..., Code]]] = {
    syntax.Literal: _literal,
    syntax.Name: _name,
    syntax.ListOf: _list_of,
    syntax.ContextOf: _context_of,
    syntax.Arithmetic: _arithmetic,
    syntax.Negation: _negation,
    syntax.Comparison: _comparison,
    syntax.Between: _between,
    syntax.In: _in,
    syntax.Logic: _logic,
    syntax.If: _if,
    syntax.Path: _path,
    syntax.Call: _call,
}
