import pytest
from hypothesis import given
from hypothesis import strategies as st

from c8py.engine.state.queue import KeyQueue


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30))))
def test_it_is_a_sorted_set_whatever_is_done_to_it(steps):
    queue, model = KeyQueue(), set()
    for add, key in steps:
        if add:
            queue[key] = None
            model.add(key)
        elif key in model:
            del queue[key]
            model.discard(key)
        assert list(queue) == sorted(model)
        assert len(queue) == len(model)
        assert (key in queue) == (key in model)


def test_what_is_not_there_cannot_be_removed():
    queue = KeyQueue()
    with pytest.raises(KeyError):
        del queue[1]
    queue[2] = None
    with pytest.raises(KeyError):
        del queue[3]


def test_it_stays_small_when_it_is_used_from_the_front():
    queue = KeyQueue()
    for key in range(5000):
        queue[key] = None
        if key >= 10:
            del queue[key - 10]

    assert list(queue) == list(range(4990, 5000))
    assert len(queue._keys) < 2000
