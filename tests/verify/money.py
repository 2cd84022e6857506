"""Amounts that are calculated in mappings against exact fractions, to the cent.

Usage: python money.py --eval PROGRAM --kohort BINARY [--expressions N] [--orders N] [--seed N]

Random expressions of prices, discounts, rates, taxes and quantities must give, rounded once half away from zero, the cents that
fractions give. What the command publishes of calculated amounts must be, for every customer, the sum of these cents, which
is also what DuckDB makes of the same with decimals.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import command
import engines
import exact

ROWS = 100
# Type and unscaled values of each column, as shops have them.
COLUMNS: dict[str, tuple[pa.DataType, Callable[[random.Random], int]]] = {
    "price": (pa.decimal128(10, 2), lambda rng: rng.randint(1, 999_999)),
    "disc": (pa.decimal128(4, 2), lambda rng: rng.choice([0, 5, 10, 15, 20, 25, 33, 50, 99])),
    "rate": (pa.decimal128(10, 6), lambda rng: rng.randint(500_000, 1_900_000)),
    "tax": (pa.decimal128(5, 3), lambda rng: rng.choice([190, 70, 200, 55])),
    "pack": (pa.uint8(), lambda rng: rng.choice([3, 6, 7, 12])),
    "ret": (pa.int16(), lambda rng: rng.randint(0, 5)),
    "qty": (pa.int32(), lambda rng: rng.randint(1, 40)),
    "cents": (pa.int64(), lambda rng: rng.randint(-99_999, 999_999)),
}
LITERALS = ("100", "0.5", "1.19", "2", "0.01", "3", "1")
DIVISORS = ("pack", "qty", "rate", "100", "1.19", "3", "(1 + tax)")
USUAL = (
    *(
        "price * qty",
        "price * qty * (1 - disc)",
        "price * rate",
        "cents / 100",
        "price * disc * tax",
        "price / pack * ret",
    ),
    *("(price - price * disc) * qty", "price * qty / 1.19", "price * 0.5", "qty * cents / 100", "price * (1 + tax)"),
    *(
        "price / (1 + tax)",
        "-price * qty",
        "price * qty - price * disc",
        "cents * rate / 100",
        "price * (100 - 15) / 100",
    ),
    *(
        "ROUND(price * disc, 2) * qty",
        "CAST(price * rate AS DECIMAL(12,2)) * qty",
        "price - ROUND(price / (1 + tax), 2)",
    ),
    *(
        "CASE WHEN disc > 0.2 THEN price * (1 - disc) ELSE price / 3 END",
        "GREATEST(price - 100, 0) * tax",
        "cents // 100",
    ),
)


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="kohort-money-") as folder:
        faults = list(expressions(options, Path(folder)))
        for check in (discounts, quantities):
            place = Path(folder) / check.__name__
            place.mkdir()
            found = list(check(options, place))
            print(f"{check.__name__}: {'DIFFERS' if found else 'ok'}")
            faults += found
    for fault in faults[:20]:
        print(f"    {fault}")
    total = (len(USUAL) + options.expressions) * ROWS
    print(f"money: {total} amounts and {2 * options.orders} orders compared, {len(faults)} wrong")
    return 1 if faults else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, required=True, metavar="PROGRAM", help="the evaluator to verify")
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    parser.add_argument("--expressions", type=int, default=400, metavar="N", help="how many random ones")
    parser.add_argument("--orders", type=int, default=10_000, metavar="N", help="how many rows the command reads")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.eval, options.kohort = options.eval.resolve(), options.kohort.resolve()
    return options


def drawn(rng: random.Random, name: str) -> Decimal | int:
    kind, draw = COLUMNS[name]
    return Decimal(draw(rng)).scaleb(-kind.scale) if pa.types.is_decimal(kind) else draw(rng)


def expressions(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Values of random expressions that are not those of fractions, to the cent."""
    rng = random.Random(options.seed)
    rows = [{name: drawn(rng, name) for name in COLUMNS} for _ in range(ROWS)]
    schema = pa.schema([(name, kind) for name, (kind, _) in COLUMNS.items()])
    path = folder / "table.parquet"
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    tried = [*USUAL, *random_ones(rng, options.expressions)]
    for sql, answer in zip(tried, engines.Ours(options.eval, path, "UTC").answers(tried)):
        if answer.refused:
            yield f"{sql} is refused: {answer.refused}"
            continue
        expression = exact.Expression(sql)
        for row, ours in zip(rows, answer.rows):
            (_, wanted), _ = expression.value(row)
            if not (isinstance(ours, tuple) and ours[0] in "nq" and cents(ours[1]) == cents(wanted)):
                named = {name: str(value) for name, value in row.items() if name in sql}
                yield f"{sql} of {named} is {engines.text_of(ours)}, expected {engines.decimal_text(wanted)}"
                break


def cents(amount: Fraction) -> int:
    return exact.half_away(amount * 100)


def random_ones(rng: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        sql = random_one(rng, rng.choice([1, 2, 2, 3]))
        if sql.startswith("(") and any(name in sql for name in COLUMNS):
            found.setdefault(sql)
    return list(found)


def random_one(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(LITERALS) if rng.random() < 0.25 else rng.choice(list(COLUMNS))
    operator = rng.choices("+-*/", [2, 3, 6, 2])[0]
    left = random_one(rng, depth - 1)
    right = rng.choice(DIVISORS) if operator == "/" else random_one(rng, depth - 1)
    return f"({left} {operator} {right})"


@dataclass
class Sale:
    """A mapped amount, and the columns that it is made of."""

    amount: str
    columns: dict[str, pa.DataType]


def published(
    options: argparse.Namespace, folder: Path, sale: Sale, draw: Callable[[random.Random], dict]
) -> Iterator[str]:
    """What the command publishes otherwise than fractions and DuckDB's decimals have it."""
    rng = random.Random(options.seed)
    rows = [{"customer": rng.randint(1, 700)} | draw(rng) for _ in range(options.orders)]
    schema = pa.schema([("customer", pa.int64()), *sale.columns.items()])
    table = pa.Table.from_pylist(rows, schema)
    at = pa.array([f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}" for _ in rows]).cast(pa.date32())
    pq.write_table(table.append_column("at", at), folder / "orders.parquet", row_group_size=1500)
    done = command.run(options.kohort, folder, command.orders(amount=sale.amount))
    if done.code:
        yield f"the run ended with {done.code}: {done.text}"
        return
    ours = dict(done.query("SELECT customer_id, CAST(revenue * 100 AS BIGINT) FROM customers"))
    expression = exact.Expression(sale.amount)
    wanted: dict[int, int] = {}
    for row in rows:
        (_, amount), _ = expression.value(row)
        wanted[row["customer"]] = wanted.get(row["customer"], 0) + cents(amount)
    summed = f"CAST(sum(ROUND({sale.amount}, 2)) * 100 AS BIGINT)"
    theirs = dict(duckdb.sql(f"SELECT customer, {summed} FROM '{folder}/orders.parquet' GROUP BY ALL").fetchall())
    for name, other in (("fractions", wanted), ("DuckDB", theirs)):
        for customer in sorted(ours.keys() | other.keys()):
            if ours.get(customer) != other.get(customer):
                both = f"{ours.get(customer)} cents, {name} have {other.get(customer)}"
                yield f"{sale.amount} of customer {customer} sums to {both}"
                break


def discounts(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Prices less whole percents, whose products end in four places."""
    sale = Sale("price * (1 - discount)", {"price": pa.decimal128(10, 2), "discount": pa.decimal128(4, 2)})

    def draw(rng: random.Random) -> dict:
        price, percent = rng.randint(1, 99_999), rng.randint(0, 99)
        return {"price": Decimal(price).scaleb(-2), "discount": Decimal(percent).scaleb(-2)}

    yield from published(options, folder, sale, draw)


def quantities(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Lines of an invoice: quantities of 16 and 32 bits, negative ones too, at prices with three places."""
    for kind in (pa.int16(), pa.int32()):
        place = folder / str(kind)
        place.mkdir()
        sale = Sale("Quantity * UnitPrice", {"Quantity": kind, "UnitPrice": pa.decimal128(9, 3)})
        top = 30_000 if kind == pa.int16() else 80_995

        def draw(rng: random.Random, top: int = top) -> dict:
            quantity = rng.choice([rng.randint(1, 12), rng.randint(-12, -1), rng.randint(-top, top)])
            return {"Quantity": quantity, "UnitPrice": Decimal(rng.randint(1, 38_970_000)).scaleb(-3)}

        yield from published(options, place, sale, draw)


if __name__ == "__main__":
    sys.exit(main())
