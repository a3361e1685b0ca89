"""`make chaos`: kills at each step, then storms seed by seed, until the time is over or something breaks."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos import storm
from tests.chaos.ground import KINDS, Ground


def main() -> int:
    """0 when everything held; 1 when something broke, with how to play it again."""
    asked = _asked()
    folder = Path(tempfile.mkdtemp(prefix="thinkfamily-chaos-"))
    _say(f"Logs and databases: {folder}")
    kinds = [asked.on] if asked.on else list(KINDS)
    killed, seeds = 0, 0
    broken: list[str] = []
    with Ground(folder) as ground:
        for kind in kinds if asked.steps else []:
            steps = storm.learn(ground, kind)
            _say(f"{kind}: {len(steps)} steps, and those met on the way; a death at each (seed {asked.seed})")
            try:
                number, missed = storm.sweep(ground, kind, steps, asked.seed, _say, more=True)
                killed += number
                _say(f"  {number} kills; not come to again: {', '.join(missed) or 'none'}")
            except AssertionError as wrong:
                broken.append(f"--seed {asked.seed} --minutes 0 --on {kind}")
                _say(f"BROKEN: {wrong}")
        until = time.monotonic() + asked.minutes * 60
        while time.monotonic() < until and (asked.worlds == 0 or seeds < asked.worlds):
            what = storm.schedule(asked.seed + seeds, asked.on, asked.only)
            seeds += 1
            _say(str(what))
            try:
                killed += storm.storm(ground, what, _say)
            except AssertionError as wrong:
                only = f" --only {','.join(asked.only)}" if asked.only else ""
                broken.append(f"--seed {what.seed} --worlds 1 --no-steps --on {what.kind}{only}")
                _say(f"BROKEN: {wrong}")
    _say(f"{seeds} seeds, {killed} kills, {len(broken)} broken.")
    for again in broken:
        _say(f'  again: make chaos ARGS="{again}"')
    return 1 if broken else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the next follow it")
    parser.add_argument("--minutes", type=float, default=20, help="of seeds, after the steps")
    parser.add_argument("--worlds", type=int, default=0, help="at most so many seeds; 0: as the time allows")
    parser.add_argument("--on", choices=KINDS, help="only this database")
    parser.add_argument("--only", type=_names, default=[], help="only these acts, with commas")
    parser.add_argument(
        "--steps", action=argparse.BooleanOptionalAction, default=True, help="kill at each step"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in storm.ACTS]:
        raise argparse.ArgumentTypeError(f"no act {unknown[0]}; there are: {', '.join(storm.ACTS)}")
    return names


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
