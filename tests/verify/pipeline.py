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

import declared
from lookups import Lookup

GRAINS = ["day", "week", "month", "quarter", "year"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
KINDS = ["completed", "lost", "open", "ignored"]

# Tables that are made of every input that a headline rate comes from.
SUMMARIES = ["scorecard", "alerts"]

# Tables that the churn model is fitted for.
SCORED = ("churn_indicators", "customers", "subscribers")

PERIODS_PER_YEAR = {"day": 365, "week": 52, "month": 12, "quarter": 4, "year": 1}

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
class Input:
    """An input: its name, what the pipeline file maps, and its files."""

    name: str
    mapped: dict
    files: list[Path]
    naive_times: str | None = None  # the zone of timestamps without one, where it is said

    @property
    def hive(self) -> bool:
        return any("=" in parent.name for file in self.files for parent in file.parents)


@dataclass(frozen=True)
class Pipeline:
    name: str
    timezone: str
    week_start: str
    fiscal_year_start: int
    grains: list[str]
    as_of: date | None
    history_start: date | None
    lapse_after_days: int | str  # with subscriptions reactivation_gap_days
    activity: str
    at_risk_ratio: float
    at_risk_score: float
    has_own_window: bool
    max_k: int | None
    inputs: dict[str, Input]
    lookups: list[Lookup]
    money: dict
    rates: Path | None
    segments: list[Segment]
    window: str | None
    prospect_after_days: int | None  # None: the lapse window
    attribution_window_days: int
    survey_window_days: int
    churn_reasons: dict[str, str]
    recovery_window_days: int
    lost_survey_window_days: int
    lost_reasons: dict[str, str]
    stages: list[str]
    steps: list[str]
    funnel_hours: int
    cart_hours: int
    mature_after_days: int
    return_reasons: dict[str, str]
    terms_days: int
    indicator_days: int
    min_support: float
    max_items: int
    alerts: dict[str, dict]
    max_gap_number: int
    bucket_days: int
    loyal_window_days: int
    loyal_orders: int
    model: str
    unit_days: int
    horizon_units: int
    horizon_months: int
    annual_discount_rate: float
    calibration_end: date | None
    tables: list[str]

    @property
    def basis(self) -> str:
        return next((name for name in ("orders", "subscriptions") if name in self.inputs), "none")

    @property
    def orders(self) -> dict:
        """What the pipeline file says of the input that makes customers, without one of money."""
        return self.inputs[self.basis].mapped if self.basis in self.inputs else self.money

    @property
    def scale(self) -> int:
        return self.orders.get("scale", 2)

    @property
    def currency(self) -> str:
        """The unit of money: that of all amounts, where one is named and nothing is converted."""
        return "currency" if self.rates else self.orders.get("currency", "currency")

    def mapped(self, name: str) -> dict:
        """What the pipeline file says of an input, nothing where it is missing."""
        return self.inputs[name].mapped if name in self.inputs else {}

    def maps(self, name: str, column: str) -> bool:
        return column in self.mapped(name)

    def has(self, name: str, column: str | None = None) -> bool:
        """Whether the pipeline has the input or, with a column, maps that column of it."""
        return self.maps(name, column) if column else name in self.inputs

    def needs(self, name: str) -> bool:
        """Whether a table asked for is made of the input; orders and subscriptions are always read."""
        return name == self.basis or any(self._uses(table, name) for table in self.tables)

    def _uses(self, table: str, name: str) -> bool:
        if table in SUMMARIES:
            return any(self._uses(of, name) for of in self.offered if declared.tables()[of]["headlines"])
        if table in SCORED:
            table = SCORED[0]
        # Identities tell whose touchpoints are.
        name = "touchpoints" if name == "identities" else name
        return declared.uses(table, name, self.has) or name in declared.tables()[table]["reads"]

    @property
    def offered(self) -> list[str]:
        """The tables that the pipeline can have."""
        return declared.offered(self.has)

    @property
    def statuses(self) -> dict[str, list[str]]:
        return {kind: self.orders[kind] for kind in KINDS if kind in self.orders}

    @property
    def first_segments(self) -> list[str]:
        return [segment.name for segment in self.segments if segment.at == "first"]

    def window_periods(self, grain: str) -> int:
        """The window of `revenue_churn` in periods of `grain`; the default where it does not fit."""
        default = PERIODS_PER_YEAR[grain] if self.basis == "orders" else 1
        if self.window is None:
            return default
        count, unit = re.fullmatch(r"\s*(\d+)\s*([a-z]+?)s?\s*", self.window).groups()
        if (grain, unit) in WINDOW_UNITS:
            return int(count) * WINDOW_UNITS[grain, unit]
        whole, rest = divmod(int(count), WINDOW_UNITS.get((unit, grain), int(count) + 1))
        return default if rest else whole


def read(path: Path, overrides: tuple[str, ...] = ()) -> Pipeline:
    """Reads a pipeline file; `overrides` are the texts that follow `--set`."""
    path = path.resolve()
    text = re.sub(r"\$\{(\w+)\}", lambda m: os.environ[m[1]], path.read_text())
    toml = tomllib.loads(text)
    for override in overrides:
        _set(toml, override)

    calendar = toml.get("calendar", {})
    customers = toml.get("customers", {})
    win_back = toml.get("win_back", {})
    churn_reasons = toml.get("churn_reasons", {})
    lost_sales = toml.get("lost_sales", {})
    funnel = toml.get("funnel", {})
    product_returns = toml.get("product_returns", {})
    cross_sell = toml.get("cross_sell", {})
    gaps = toml.get("purchase_gaps", {})
    loyalty = toml.get("loyalty", {})
    lifetime = toml.get("lifetime", {})
    naive_times = calendar.get("naive_times")
    inputs = {
        name: Input(name, table, _files(table["path"], path.parent), table.get("timezone", naive_times))
        for name, table in toml["inputs"].items()
    }
    of_orders, money = "orders" in inputs, toml.get("money", {})
    named = [name for name in ("orders", "subscriptions") if name in inputs]
    history = inputs[named[0]].mapped if named else money
    lapse = customers.get("lapse_after_days", 90) if of_orders else customers.get("reactivation_gap_days", 0)
    asked = calendar.get("grains", ["month"])
    return Pipeline(
        name=toml.get("name", path.stem),
        timezone=calendar.get("timezone", "UTC"),
        week_start=calendar.get("week_start", "monday"),
        fiscal_year_start=calendar.get("fiscal_year_start", 1),
        grains=[grain for grain in GRAINS if grain in asked],
        as_of=_day(calendar.get("as_of")),
        history_start=_day(calendar.get("history_start")),
        lapse_after_days=lapse,
        activity=customers.get("activity", "sales"),
        at_risk_ratio=customers.get("at_risk_ratio", 2.0),
        at_risk_score=customers.get("at_risk_score", 0.5),
        has_own_window=customers.get("risk_window") == "own",
        max_k=calendar.get("max_k"),
        inputs=inputs,
        lookups=[
            Lookup(name, table["key"], table.get("where", "true"), _files(table["path"], path.parent))
            for name, table in toml.get("lookups", {}).items()
        ],
        money=money,
        rates=path.parent / history["rates"] if "rates" in history else None,
        segments=_segments(toml.get("segments", {}), history),
        window=toml.get("revenue", {}).get("window"),
        prospect_after_days=win_back.get("prospect_after_days", None if of_orders else 90),
        attribution_window_days=win_back.get("attribution_window_days", 30),
        survey_window_days=churn_reasons.get("survey_window_days", 90),
        churn_reasons=churn_reasons.get("reasons", {}),
        recovery_window_days=lost_sales.get("recovery_window_days", 30),
        lost_survey_window_days=lost_sales.get("survey_window_days", 90),
        lost_reasons=lost_sales.get("reasons", {}),
        stages=lost_sales.get("stages", []),
        steps=funnel.get("steps", []),
        funnel_hours=funnel.get("window_hours", 168),
        cart_hours=toml.get("carts", {}).get("window_hours", 24),
        mature_after_days=product_returns.get("window_days", 30),
        return_reasons=product_returns.get("reasons", {}),
        terms_days=toml.get("receivables", {}).get("terms_days", 30),
        indicator_days=toml.get("churn_indicators", {}).get("window_days", 30),
        min_support=cross_sell.get("min_support", 0.001),
        max_items=cross_sell.get("max_items", 500),
        alerts=toml.get("alerts", {}),
        max_gap_number=gaps.get("max_gap_number", 10),
        bucket_days=gaps.get("bucket_days", 7),
        loyal_window_days=loyalty.get("window_days", 365),
        loyal_orders=loyalty.get("orders", 3),
        model=lifetime.get("model", "bg_nbd"),
        unit_days=lifetime.get("unit_days", 7),
        horizon_units=lifetime.get("horizon_units", 52),
        horizon_months=lifetime.get("horizon_months", 12),
        annual_discount_rate=lifetime.get("annual_discount_rate", 0.1),
        calibration_end=_day(lifetime.get("calibration_end")),
        tables=_tables(toml.get("outputs", {}).get("tables"), toml["inputs"]),
    )


def everything(path: Path, more: dict[str, dict] | None = None) -> str:
    """The setting that asks for every table which the pipeline can have; `more` are inputs that it is to get."""
    inputs = tomllib.loads(path.read_text())["inputs"] | (more or {})
    return f"outputs.tables={declared.offered(_mapped_by(inputs))}"


def _tables(asked: list[str] | None, inputs: dict[str, dict]) -> list[str]:
    """The tables asked for, or those that a pipeline with these inputs has by default."""
    if asked is None:
        return declared.by_default(_mapped_by(inputs))
    return [table for table in declared.tables() if table in asked]


def _mapped_by(inputs: dict[str, dict]) -> declared.Has:
    return lambda name, column: name in inputs and (column is None or column in inputs[name])


def _segments(table: dict, history: dict) -> list[Segment]:
    found = {name: segment for name, segment in table.items() if name != "max_segment_values"}
    if "plan" in history:
        found["plan"] = history["plan"]
    plain = {name: {"column": s} if isinstance(s, str) else s for name, s in found.items()}
    return [Segment(name, s["column"], s.get("at", "first")) for name, s in sorted(plain.items())]


def input_paths(path: Path) -> list[Path]:
    """The files that exist for the pipeline's orders or subscriptions, without reading more of it."""
    inputs = tomllib.loads(path.read_text())["inputs"]
    history = inputs.get("orders") or inputs["subscriptions"]
    return _files(history["path"], path.resolve().parent)


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
