"""The pipeline file as plain settings: defaults filled in, paths resolved.

Only what the recomputation needs is read; judging the file is Kohort's task.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

GRAINS = ["day", "week", "month", "quarter", "year"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TABLES = ["cohort_retention", "cohort_curve", "customer_retention", "revenue_churn", "lost_sales"]
KINDS = ["completed", "lost", "open", "ignored"]

# How many periods of a grain a unit of a window is, where that is a whole number.
WINDOW_UNITS = {
    ("day", "day"): 1,
    ("day", "week"): 7,
    ("week", "week"): 1,
    ("month", "month"): 1,
    ("month", "quarter"): 3,
    ("month", "year"): 12,
    ("quarter", "quarter"): 1,
    ("quarter", "year"): 4,
    ("year", "year"): 1,
}


@dataclass(frozen=True)
class Segment:
    name: str
    column: str
    at: str


@dataclass(frozen=True)
class Pipeline:
    name: str
    timezone: str
    week_start: str
    fiscal_year_start: int
    grains: list[str]
    as_of: date | None
    history_start: date | None
    lapse_after_days: int | str
    activity: str
    max_k: int | None
    orders: dict
    rates: Path | None
    scale: int
    files: list[Path]
    hive: bool
    statuses: dict[str, list[str]]
    segments: list[Segment]
    window: str | None
    recovery_window_days: int
    reasons: dict[str, str]
    tables: list[str]

    def window_periods(self, grain: str) -> int:
        """The window of `revenue_churn` in periods of `grain`."""
        if self.window is None:
            return 1
        count, unit = re.fullmatch(r"\s*(\d+)\s*([a-z]+?)s?\s*", self.window).groups()
        if (grain, unit) in WINDOW_UNITS:
            return int(count) * WINDOW_UNITS[grain, unit]
        whole, rest = divmod(int(count), WINDOW_UNITS[unit, grain])
        if rest:
            raise ValueError(f"window {self.window!r} is no whole number of {grain} periods")
        return whole


def read(path: Path, overrides: tuple[str, ...] = ()) -> Pipeline:
    """Reads a pipeline file; `overrides` are the texts that follow `--set`."""
    path = path.resolve()
    text = re.sub(r"\$\{(\w+)\}", lambda m: os.environ[m[1]], path.read_text())
    toml = tomllib.loads(text)
    for override in overrides:
        _set(toml, override)

    calendar = toml.get("calendar", {})
    customers = toml.get("customers", {})
    orders = toml["inputs"]["orders"]
    lost_sales = toml.get("lost_sales", {})
    files = _files(orders["path"], path.parent)
    asked = calendar.get("grains", ["month"])
    return Pipeline(
        name=toml.get("name", path.stem),
        timezone=calendar.get("timezone", "UTC"),
        week_start=calendar.get("week_start", "monday"),
        fiscal_year_start=calendar.get("fiscal_year_start", 1),
        grains=[grain for grain in GRAINS if grain in asked],
        as_of=_day(calendar.get("as_of")),
        history_start=_day(calendar.get("history_start")),
        lapse_after_days=customers.get("lapse_after_days", 90),
        activity=customers.get("activity", "sales"),
        max_k=calendar.get("max_k"),
        orders=orders,
        rates=path.parent / orders["rates"] if "rates" in orders else None,
        scale=orders.get("scale", 2),
        files=files,
        hive=any("=" in parent.name for file in files for parent in file.parents),
        statuses={kind: orders[kind] for kind in KINDS if kind in orders},
        segments=[
            Segment(name, segment["column"], segment.get("at", "first"))
            for name, segment in sorted(toml.get("segments", {}).items())
        ],
        window=toml.get("revenue", {}).get("window"),
        recovery_window_days=lost_sales.get("recovery_window_days", 30),
        reasons=lost_sales.get("reasons", {}),
        tables=[t for t in TABLES if t in toml.get("outputs", {}).get("tables", TABLES)],
    )


def input_paths(path: Path) -> list[Path]:
    """The files that exist for the pipeline's orders, without reading more of it."""
    orders = tomllib.loads(path.read_text())["inputs"]["orders"]
    return _files(orders["path"], path.resolve().parent)


def _set(toml: dict, override: str) -> None:
    """Applies one `key=value`; a value that is not TOML is a text."""
    key, value = override.split("=", 1)
    try:
        value = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        pass
    *tables, last = key.split(".")
    for name in tables:
        toml = toml.setdefault(name, {})
    toml[last] = value


def _files(paths: str | list[str], folder: Path) -> list[Path]:
    found: set[Path] = set()
    for pattern in [paths] if isinstance(paths, str) else paths:
        whole = Path(os.path.normpath(folder / pattern))
        if whole.is_dir():
            found.update(whole.rglob("*.parquet"))
        elif any(c in pattern for c in "*?["):
            found.update(Path("/").glob(str(whole.relative_to("/"))))
        elif whole.exists():
            found.add(whole)
    return sorted(found)


def _day(value: date | datetime | str | None) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return date.fromisoformat(value) if isinstance(value, str) else value
