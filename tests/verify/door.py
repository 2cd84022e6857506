"""Small inputs at the door: what of types, expressions and files becomes of rows, case by case.

Usage: python door.py --kohort BINARY [--case NAME]...

Each case is an input made here, a pipeline, and the rows that must be published, or the exit code and the words of the message. The
tables of cases are in door_amounts.py, door_filters.py, door_times.py, door_files.py and door_refused.py.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import command
from command import Run
from door_amounts import AMOUNTS
from door_case import Case, File
from door_files import FILES
from door_filters import FILTERS
from door_refused import REFUSED
from door_times import TIMES


def main() -> int:
    options = arguments()
    cases = [*AMOUNTS, *FILTERS, *TIMES, *FILES, *REFUSED]
    names = [case.name for case in cases]
    if len(set(names)) < len(names):
        raise SystemExit(f"names are there twice: {sorted({name for name in names if names.count(name) > 1})}")
    wanted = options.case or ["*"]
    cases = [case for case in cases if any(fnmatch.fnmatch(case.name, pattern) for pattern in wanted)]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kohort-door-") as folder:
        numbered = list(enumerate(cases))
        found = command.in_parallel(lambda item: tried(options.kohort, Path(folder) / str(item[0]), item[1]), numbered)
    wrong = 0
    for case, faults in zip(cases, found):
        wrong += bool(faults)
        for fault in faults:
            print(f"{case.name}: {fault}")
    print(f"door: {len(cases)} cases in {time.monotonic() - started:.0f} s, {len(cases) - wrong} right, {wrong} wrong")
    return 1 if wrong else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    parser.add_argument("--case", action="append", metavar="NAME", help="only those whose names match; may be repeated")
    options = parser.parse_args()
    options.kohort = options.kohort.resolve()
    return options


def tried(kohort: Path, folder: Path, case: Case) -> list[str]:
    """What is wrong with a case."""
    folder.mkdir(parents=True)
    try:
        for path, file in case.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            write(file, folder / path)
        return list(faults(case, command.run(kohort, folder, case.pipeline)))
    except Exception as error:  # A case that can't be tried is wrong, and the others are tried all the same.
        return [f"{type(error).__name__}: {error}"]


def write(file: File, path: Path) -> None:
    if isinstance(file, pa.Table):
        pq.write_table(file, path)
    else:
        file(path)


def faults(case: Case, run: Run) -> Iterator[str]:
    said = " ".join(run.text.split())
    if run.code == 2 and case.may_refuse:
        return
    if run.code not in case.code:
        yield f"exit code {run.code}, expected {' or '.join(map(str, case.code))}: {said[-700:]}"
        return
    if case.says and not re.search(case.says, said):
        yield f"nothing matches {case.says!r} in: {said[-700:]}"
    if re.search(case.says_not, said):
        yield f"{case.says_not!r} matches: {said[-700:]}"
    if run.code == 0 and case.rows is not None:
        found = [tuple(map(text_of, row)) for row in run.query(case.query)]
        wanted = [tuple(map(text_of, row)) for row in case.rows]
        if found != wanted:
            yield f"{case.query}\n    gave     {found}\n    expected {wanted}"
    if run.code == 0 and case.rejected is not None:
        rejected = {reason: n for inputs in run.record()["inputs"] for reason, n in inputs["rejected"].items() if n}
        if rejected != case.rejected:
            yield f"rejected are {rejected}, expected {case.rejected}"


def text_of(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case date():
            return value.isoformat()
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
