"""`./dev bench [names]`: what c8py costs against the peers, both measured in the same run on this very machine.

Ratios are what counts: figures of one machine say little on another. Nothing here is written down beforehand.
"""

import sys
from pathlib import Path

# The harness starts the same brokers, platforms and peers for tests and for benches.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
