"""The cells by Polars as one writes them at first: `python polars_plain_peer.py ORDERS.parquet CELLS.json`.

Dates stay dates and amounts decimals; each table is a lazy query of its own over the orders, with
groups, windows (`over`) and joins, and all are collected together by the streaming engine.
"""

import os
import sys
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "2"
import polars as pl  # noqa: E402

sys.path.append(str(Path(__file__).parent.parent))
import cells  # noqa: E402

LAPSE_AFTER = pl.duration(days=90)
RECOVERY_WINDOW = pl.duration(days=30)

customer, day, month, amount = pl.col("customer"), pl.col("day"), pl.col("month"), pl.col("amount")


def load(orders: str) -> pl.LazyFrame:
    return pl.scan_parquet(orders).select(
        customer="o_custkey", id="o_orderkey", day="o_orderdate", amount="o_totalprice",
        is_lost=pl.col("o_orderstatus") == "P", month=pl.col("o_orderdate").dt.truncate("1mo"),
    )


def month_of(date: pl.Expr) -> pl.Expr:
    """Months since year 0."""
    return date.dt.year() * 12 + date.dt.month().cast(pl.Int32) - 1


def cents(value: pl.Expr) -> pl.Expr:
    return (value * 100).cast(pl.Int64)


def cohort_months(won: pl.LazyFrame) -> pl.LazyFrame:
    previous_day = day.shift(1).over("customer", order_by="day")
    previous = pl.col("previous")
    return (
        won.with_columns(returns=(day - previous_day > LAPSE_AFTER).fill_null(False))
        .group_by("customer", "month")
        .agg(orders=pl.len(), revenue=amount.sum(), returned=pl.col("returns").sum())
        .with_columns(cohort=month.min().over("customer"),
                      previous=month.shift(1).over("customer", order_by="month"))
        .group_by(cohort=month_of(pl.col("cohort")), month=month_of(month))
        .agg(
            active=pl.len(),
            returning=(previous.dt.offset_by("1mo") == month).sum(),
            orders=pl.col("orders").sum(),
            revenue=cents(pl.col("revenue").sum()),
            returned=pl.col("returned").sum(),
        )
    )


def churn_events(won: pl.LazyFrame) -> pl.LazyFrame:
    next_day, lapsed = pl.col("next_day"), pl.col("lapsed")
    return (
        won.select(
            day, last=day.max(), next_day=day.shift(-1).over("customer", order_by="day"),
            lapsed=day + LAPSE_AFTER,
        )
        .filter(next_day.is_null() | (next_day > lapsed), lapsed <= pl.col("last"))
        .group_by(month=month_of(lapsed))
        .agg(churned=pl.len(),
             back_within=(next_day.dt.truncate("1mo") == lapsed.dt.truncate("1mo")).sum())
    )


def movements(won: pl.LazyFrame) -> pl.LazyFrame:
    months = won.group_by("customer", "month").agg(revenue=amount.sum())
    before = months.select("customer", month.dt.offset_by("1mo"), before="revenue")
    now, before_revenue = pl.col("revenue"), pl.col("before")
    grown = now - before_revenue
    return (
        months.join(before, on=["customer", "month"])
        .group_by(month=month_of(month))
        .agg(
            retained_before=cents(before_revenue.sum()),
            expansion=cents(grown.filter(now > before_revenue).sum()),
            contraction=cents(-grown.filter(now < before_revenue).sum()),
            retained_customers=pl.len(),
            expansion_customers=(now > before_revenue).sum(),
            contraction_customers=(now < before_revenue).sum(),
        )
    )


def first_day_orders(won: pl.LazyFrame) -> pl.LazyFrame:
    return (
        won.filter(day == day.min().over("customer"))
        .group_by(month=month_of(month))
        .agg(orders=pl.len(), revenue=cents(amount.sum()))
    )


def lost_orders(orders: pl.LazyFrame) -> pl.LazyFrame:
    """A lost order is recovered by the customer's next attempt, if that is won, on a later day and in time."""
    is_lost, next_day = pl.col("is_lost"), pl.col("next_day")
    following = {"partition_by": "customer", "order_by": ["day", "is_lost", "id"]}
    first_day = day.filter(~is_lost).min().over("customer")
    recovered = ~pl.col("next_lost") & (next_day > day) & (next_day <= day + RECOVERY_WINDOW)
    return (
        orders.with_columns(
            next_day=day.shift(-1).over(**following), next_lost=is_lost.shift(-1).over(**following),
            first_day=first_day,
        )
        .filter(is_lost)
        .select(
            amount, month=month_of(month),
            is_customer=(pl.col("first_day") < day).fill_null(False),
            is_recovered=recovered.fill_null(False),
        )
        .group_by("month", "is_customer")
        .agg(
            lost=pl.len(),
            recovered=pl.col("is_recovered").sum(),
            lost_value=cents(amount.sum()),
            recovered_value=cents(amount.filter("is_recovered").sum()),
        )
    )


def main(orders: str, output: str) -> None:
    every = load(orders)
    won = every.filter(~pl.col("is_lost"))
    queries = [cohort_months(won), churn_events(won), movements(won), first_day_orders(won),
               lost_orders(every)]
    sums = pl.collect_all(queries, engine="streaming")
    cells.write(output, cells.finish(**{
        name: frame.to_dicts() for name, frame in zip(cells.SUMS, sums, strict=True)
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
