"""Rules of `c8 work` that need no cluster."""

from pathlib import Path

from c8py.cli.options import Connection
from c8py.cli.work import Asked


def test_other_processes_go_where_this_one_was_told_to():
    connection = Connection(
        credentials=Path("a.env"),
        env_file=Path("b.env"),
        profile="",
        grpc_address="grpc://c:1",
        rest_address="http://d",
    )
    asked = Asked(
        connection=connection,
        target="shop:worker",
        program=None,
        function=None,
        max_jobs=4,
        timeout_s=None,
        terms=("t.timeout=5",),
        name="w",
        stop_after=None,
    )
    assert asked.arguments() == [
        *("--credentials", "a.env", "--env-file", "b.env", "--profile", "", "--grpc-address", "grpc://c:1"),
        *("--rest-address", "http://d", "--max-jobs", "4", "--name", "w", "--set", "t.timeout=5", "--", "shop:worker"),
    ]
