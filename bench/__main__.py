"""The benches by name. Without a name: all of them."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import calls, imports, oauth, startup, token_proxy, tokens, workers
from bench.figures import Figure, table

BENCHES: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "workers": workers.figures,
    "calls": calls.figures,
    "tokens": tokens.figures,
    "proxy": token_proxy.figures,
    "oauth": oauth.figures,
    "import": imports.figures,
    "up": startup.figures,
}
PARTS = {f"workers-{name}": part for name, part in workers.PARTS.items()}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHES | PARTS]
    if unknown:
        print(f"bench: expected some of {', '.join(BENCHES | PARTS)}, but got {', '.join(unknown)}", file=sys.stderr)
        return 2
    for name in names or BENCHES:
        folder = Path(tempfile.mkdtemp(prefix=f"c8py-bench-{name}-"))
        try:
            for line in table(name, (BENCHES | PARTS)[name](folder)):
                print(line, flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
