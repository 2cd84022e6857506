"""The cells that all engines must agree on, and what is left to do after the heavy sums."""

import json
from collections import Counter, defaultdict
from datetime import date, timedelta

TABLES = {
    "cohort_retention": (
        ("cohort", "k"),
        ("cohort_size", "active", "orders", "revenue"),
    ),
    "customer_retention": (
        ("period",),
        ("opening", "new", "returned", "churned", "closing", "new_at_close", "kept", "buyers",
         "lifecycle_new", "lifecycle_returning", "lifecycle_resurrected", "lifecycle_dormant"),
    ),
    "revenue_churn": (
        ("period",),
        ("opening_revenue", "new_revenue", "reactivated_revenue", "expansion_revenue",
         "contraction_revenue", "churned_revenue", "closing_revenue",
         "opening_customers", "new_customers", "reactivated_customers", "expansion_customers",
         "contraction_customers", "churned_customers", "unchanged_customers",
         "closing_customers"),
    ),
    "lost_sales": (
        ("period", "buyer"),
        ("attempts", "won", "lost", "recovered",
         "attempted_value", "won_value", "lost_value", "recovered_value"),
    ),
}
"""Table: key columns and value columns. Periods are months since year 0, money is in cents."""

SUMS = ("cohort_months", "churn_events", "movements", "first_day_orders", "lost_orders")
"""What a peer computes and `finish` takes."""

FIRST_DAY = date(1992, 1, 1)
"""The first day of TPC-H; its last is 1998-08-02."""


def months_by_day() -> list[int]:
    """The months since year 0 of the days from FIRST_DAY on, for engines that look them up."""
    days = (FIRST_DAY + timedelta(offset) for offset in range(8 * 365))
    return [day.year * 12 + day.month - 1 for day in days]


def month_name(month: int) -> str:
    """The first day of a month since year 0."""
    return f"{month // 12:04}-{month % 12 + 1:02}-01"


def finish(cohort_months, churn_events, movements, first_day_orders, lost_orders) -> dict:
    """Turns a peer's sums (a few thousand rows of dicts) into the cells of TABLES.

    `cohort_months`: cohort, month, active, returning (active the month before too),
    orders, revenue and returned. `churn_events`: month, churned, back_within (the month).
    `movements`, of the customers with revenue in a month and the one before: month,
    retained_before, expansion, contraction, retained_customers, expansion_customers,
    contraction_customers. `first_day_orders`, the completed orders on the first day of
    their customer: month, orders, revenue. `lost_orders`: month, is_customer, lost,
    recovered, lost_value, recovered_value.

    What follows from the grain and the data is used, so that no engine has to compute it:
    a month is shorter than the lapse window, so a new customer is active at the month's
    close and nobody lapses twice in a month; no amount is below zero.
    """
    months = range(min(row["month"] for row in cohort_months),
                   max(row["month"] for row in cohort_months) + 1)
    by_cohort = {(row["cohort"], row["month"]): row for row in cohort_months}
    by_month = defaultdict(Counter)
    for row in cohort_months:
        by_month[row["month"]].update(row)
    churn = defaultdict(Counter, {row["month"]: Counter(row) for row in churn_events})
    moved = defaultdict(Counter, {row["month"]: Counter(row) for row in movements})
    first_day = defaultdict(Counter, {row["month"]: Counter(row) for row in first_day_orders})
    lost = defaultdict(Counter, {(row["month"], row["is_customer"]): Counter(row)
                                 for row in lost_orders})

    tables = {table: [] for table in TABLES}
    size = {}
    opening = 0
    before = Counter()
    for month in months:
        everyone = by_month[month]
        starters = Counter(by_cohort.get((month, month), {}))
        new = starters["active"]
        size[month] = new

        churned = churn[month]["churned"]
        closing = opening + new + everyone["returned"] - churned
        resurrected = everyone["active"] - new - everyone["returning"]
        tables["customer_retention"].append((
            month, opening, new, everyone["returned"], churned, closing, new,
            opening - (churned - churn[month]["back_within"]), everyone["active"],
            new, everyone["returning"], resurrected, before["active"] - everyone["returning"],
        ))
        opening = closing

        move = moved[month]
        retained = move["retained_before"] + move["expansion"] - move["contraction"]
        tables["revenue_churn"].append((
            month, before["revenue"], starters["revenue"],
            everyone["revenue"] - starters["revenue"] - retained,
            move["expansion"], move["contraction"],
            before["revenue"] - move["retained_before"], everyone["revenue"],
            before["active"], new, everyone["active"] - new - move["retained_customers"],
            move["expansion_customers"], move["contraction_customers"],
            before["active"] - move["retained_customers"],
            move["retained_customers"] - move["expansion_customers"]
            - move["contraction_customers"],
            everyone["active"],
        ))
        before = everyone

        first = first_day[month]
        won = {False: (first["orders"], first["revenue"]),
               True: (everyone["orders"] - first["orders"],
                      everyone["revenue"] - first["revenue"])}
        for is_customer, buyer in ((True, "customer"), (False, "prospect")):
            orders, value = won[is_customer]
            missed = lost[month, is_customer]
            tables["lost_sales"].append((
                month, buyer, orders + missed["lost"], orders, missed["lost"],
                missed["recovered"], value + missed["lost_value"], value,
                missed["lost_value"], missed["recovered_value"],
            ))
    for cohort in months:
        for month in range(cohort, months.stop) if size[cohort] else ():
            cell = Counter(by_cohort.get((cohort, month), {}))
            tables["cohort_retention"].append((
                cohort, month - cohort, size[cohort],
                cell["active"], cell["orders"], cell["revenue"],
            ))
    return tables


def write(path: str, tables: dict) -> None:
    """Writes an engine's cells."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(tables, file)


def read(path: str) -> dict:
    """Reads an engine's cells: for each table, key columns to value columns."""
    with open(path, encoding="utf-8") as file:
        tables = json.load(file)
    return {
        table: {tuple(row[:len(keys)]): tuple(row[len(keys):]) for row in tables[table]}
        for table, (keys, _) in TABLES.items()
    }


def differences(expected: dict, found: dict) -> tuple[int, list[str]]:
    """The number of cells compared, and a line for each that differs."""
    compared, lines = 0, []
    for table, (keys, columns) in TABLES.items():
        for key in sorted(expected[table].keys() | found[table].keys()):
            where = ", ".join(
                f"{name} {month_name(part) if name in ('cohort', 'period') else part}"
                for name, part in zip(keys, key, strict=True)
            )
            left, right = expected[table].get(key), found[table].get(key)
            if left is None or right is None:
                lines.append(f"{table}: {where}: only one side has this row")
                continue
            compared += len(columns)
            lines += [f"{table}: {where}: {column}: {a} here, {b} there"
                      for column, a, b in zip(columns, left, right, strict=True) if a != b]
    return compared, lines
