import textwrap

import pytest


@pytest.fixture
def convert(tool):
    unasync = tool("unasync")
    return lambda text, *more: unasync.convert(textwrap.dedent(text), *more)


def test_async_and_await_go_and_the_layout_stays(convert):
    source = '''\
    async def f( x ):   # why
        """Says."""
        async with x as y, y:
            async for z in y:
                await  z.a(
                    1,  # one
                )
        return [q async for q in x if await q]
    '''
    assert convert(source) == textwrap.dedent('''\
    def f( x ):   # why
        """Says."""
        with x as y, y:
            for z in y:
                z.a(
                    1,  # one
                )
        return [q for q in x if q]
    ''')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("AsyncCamunda", "Camunda"),
        ("AsyncIterator[int]", "Iterator[int]"),
        ("Asynchrony", "Asynchrony"),
        ("GatewayAsyncStub", "GatewayStub"),
        ("x.__aenter__", "x.__enter__"),
        ("StopAsyncIteration", "StopIteration"),
        ("x.aclose()", "x.close()"),
        ("anext(aiter(x))", "next(iter(x))"),
        ("grpc.aio.Channel", "grpc.Channel"),
        ("asyncio.Lock()", "threading.Lock()"),
        ("asyncio.sleep(1)", "time.sleep(1)"),
        ("c8py.client._async._x", "c8py.client._sync._x"),
        ("is_async", "is_async"),
    ],
)
def test_names_change(convert, before, after):
    assert convert(f"y = {before}\n") == f"y = {after}\n"


def test_imports_follow(convert):
    assert convert("import grpc.aio\nfrom grpc.aio import Channel\nimport asyncio\n") == (
        "import grpc\nfrom grpc import Channel\nimport threading, time\n"
    )


def test_strings_and_comments_follow(convert):
    source = (
        '"""`async with AsyncCamunda()`: await c.x(); people await it."""\nf"{await x.y()} {{z}} AsyncA"  # AsyncB\n'
    )
    assert convert(source) == '"""`with Camunda()`: c.x(); people await it."""\nf"{x.y()} {{z}} A"  # B\n'


def test_a_pyreqwest_name_gets_its_prefix_only_where_it_is_imported(convert):
    imported = "from pyreqwest.client import (\n    Client,\n)\nx: Client\ny: Response\n"
    assert convert(imported) == "from pyreqwest.client import (\n    SyncClient,\n)\nx: SyncClient\ny: Response\n"
    assert convert("from x import Client\n") == "from x import Client\n"


def test_async_only_leaves_out_the_line_or_the_block(convert):
    source = """\
    a = 1  # async-only
    if x:
        def f():  # async-only
            b = 2

            return b
        c = 3
    """
    assert convert(source) == "if x:\n    c = 3\n"


def test_a_line_can_say_what_stands_in_its_place(convert):
    source = """\
    async def f():
        async with asyncio.timeout(3):  # sync: with waiting(3):
            pass
    """
    assert convert(source) == "def f():\n    with waiting(3):\n        pass\n"


def test_a_marker_that_breaks_the_module_is_an_error(tool, convert):
    with pytest.raises(tool("unasync").UnasyncError, match="mark one-line statements only"):
        convert("x = f(  # async-only\n    1,\n)\ny = (\n")


def test_project_names_are_counted(convert):
    used: set[str] = set()
    assert convert("x = special\n", {"special": "plain", "never": "x"}, used) == "x = plain\n"
    assert used == {"special"}


def test_what_is_no_longer_used_is_not_imported(tool):
    unasync = tool("unasync")
    text = unasync.convert("import asyncio\n\nx = asyncio.Lock()\ny = asyncio.current_task  # async-only\n")
    path = unasync.ROOT / "src/c8py/client/x.py"
    assert unasync.formatted(text, path) == "import threading\n\nx = threading.Lock()\n"
