"""`python -m tests.fuzz [target] [--runs N]`: feed one parser what a stranger might, guided by coverage.

An input that breaks the rule is written to var/fuzz; `--replay <file>` runs it again, which needs no atheris.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

CRASHES: Final = Path(__file__).resolve().parents[2] / "var" / "fuzz"
LONGEST: Final = 16_384  # bytes of one input
SECONDS: Final = 10  # for one input
MEGABYTES: Final = 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="?", help="without one, the targets are listed")
    parser.add_argument("--runs", type=int, default=0, help="0 runs until interrupted or broken")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a directory to begin with and to keep what was found in")
    parser.add_argument("--replay", type=Path, help="run one input and nothing else")
    options = parser.parse_args()
    if options.target is None:
        print("\n".join(_targets()))
        return 0
    if options.replay:
        _targets()[options.target].run(options.replay.read_bytes())
        return 0
    return _fuzz(options)


def _targets() -> dict[str, Any]:
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415  # it imports what atheris may have to instrument

    return TARGETS


def _fuzz(options: argparse.Namespace) -> int:
    import atheris  # noqa: PLC0415  # not on every platform

    with atheris.instrument_imports(include=["credential_core"]):
        target = _targets()[options.target]
    CRASHES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as seeds:
        for number, seed in enumerate(target.seeds):
            Path(seeds, str(number)).write_bytes(seed)
        arguments = [
            f"-runs={options.runs or -1}",
            f"-seed={options.seed}",
            f"-max_len={LONGEST}",
            f"-timeout={SECONDS}",
            f"-rss_limit_mb={MEGABYTES}",
            f"-artifact_prefix={CRASHES}/{options.target}-",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *arguments, *([str(options.corpus)] if options.corpus else []), seeds], target.run)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
