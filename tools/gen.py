"""Prints every generated file of the repository anew: `./dev gen`, or with --check says which differ and fails.

A generator is a module beside this one that keeps to `generator.Generator`, and a line in GENERATORS.
"""

import sys
from importlib import import_module
from typing import Final, cast

from generator import Generator, run

# In this order: a later one may read what an earlier one printed.
GENERATORS: Final = (
    "gen_proto",
    "gen_models",
    "gen_nouns",
    "gen_components",
    "gen_openapi",
    "unasync",
    "applier_lock",
    "gen_reference",
    "gen_operations",
    "gen_coverage",
)


def generators() -> list[Generator]:
    """The modules of the table."""
    return [cast("Generator", import_module(name)) for name in GENERATORS]


if __name__ == "__main__":
    sys.exit(run(generators(), sys.argv[1:]))
