"""Files, folders, names and types of columns: cases of door.py."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from command import orders, quoted
from door_case import CUSTOMERS, REVENUES, TOLERANT, Case, File, table

SUM = "SELECT count(*), CAST(sum(revenue) AS DECIMAL(12,2)) FROM customers"
SEGMENT = "SELECT segment_s, CAST(sum(revenue) AS DECIMAL(12,2)) FROM customers GROUP BY ALL ORDER BY 1"


def one(customer: int, amount: float) -> pa.Table:
    return table(customer=[customer], amount=[amount])


def by_folder(name: str, folders: dict[str, float], segment: str, wanted: dict[str, str], where: str = "") -> Case:
    """A file in each folder, whose name is a value."""
    files = {f"data/{folder}/o.parquet": one(n, amount) for n, (folder, amount) in enumerate(folders.items(), start=1)}
    more = f"where = {quoted(where)}" if where else ""
    pipeline = orders("data", more=more, sections=f"[segments]\ns = {quoted(segment)}")
    return Case(name, files, pipeline, list(wanted.items()), SEGMENT)


def folders() -> list[Case]:
    months = {f"month={month}": float(month) for month in (1, 2, 11)}
    padded = {f"month={month:02}": float(month) for month in (1, 2, 11)}
    dates = {f"day=2024-01-{day:02}": float(day) for day in (5, 6)}
    stores = {"store=007": 1.0, "store=07": 2.0, "store=7": 4.0, "store=100": 8.0}
    odd = {"city=S%C3%A3o Paulo": 1.0, "city=a%2Fb": 2.0, "city=x=y": 4.0}
    null = {"city=__HIVE_DEFAULT_PARTITION__": 1.0, "city=x": 2.0}
    years = {"year=2023/month=12": 1.0, "year=2024/month=1": 2.0}
    mixed = {"store=1": 1.0, "store=x": 2.0}
    signed = {"offset=-1": 1.0, "offset=5": 2.0}
    long = {"id=00012345678901234567890": 1.0, "id=12345678901234567890": 2.0}
    return [
        by_folder("folders of integers", months, "month", {"1": "1.00", "11": "11.00", "2": "2.00"}),
        by_folder("folders of integers, filtered", months, "month", {"11": "11.00", "2": "2.00"}, "month >= 2"),
        by_folder("folders of integers, IN", months, "month", {"1": "1.00", "2": "2.00"}, "month IN (1, 2)"),
        by_folder("folders with zeros in front", padded, "month", {"01": "1.00", "02": "2.00", "11": "11.00"}),
        by_folder(
            "folders with zeros, cast", padded, "month", {"02": "2.00", "11": "11.00"}, "CAST(month AS INTEGER) >= 2"
        ),
        by_folder("folders of codes", stores, "store", {"007": "1.00", "07": "2.00", "100": "8.00", "7": "4.00"}),
        by_folder("folders of codes, filtered", stores, "store", {"07": "2.00"}, "store = '07'"),
        by_folder("folders of dates", dates, "day", {"2024-01-05": "5.00", "2024-01-06": "6.00"}),
        by_folder("folders of dates, filtered", dates, "day", {"2024-01-06": "6.00"}, "day > DATE '2024-01-05'"),
        by_folder("folders of dates, texts", dates, "day", {"2024-01-06": "6.00"}, "day >= '2024-01-06'"),
        by_folder("folders with signs of URLs", odd, "city", {"São Paulo": "1.00", "a/b": "2.00", "x=y": "4.00"}),
        by_folder("folders without a value", null, "city", {"(none)": "1.00", "x": "2.00"}),
        by_folder("folders without a value, filtered", null, "city", {"(none)": "1.00"}, "city IS NULL"),
        by_folder("two levels of folders", years, "year", {"2024": "2.00"}, "year = 2024 AND month = 1"),
        by_folder("folders of integers and texts", mixed, "store", {"1": "1.00", "x": "2.00"}),
        by_folder("folders of negative integers", signed, '"offset"', {"-1": "1.00"}, '"offset" < 0'),
        by_folder(
            "folders of long numbers", long, "id", {"00012345678901234567890": "1.00", "12345678901234567890": "2.00"}
        ),
        by_folder(
            "folders calculated with",
            months,
            "CASE WHEN month < 7 THEN 'first' ELSE 'second' END",
            {"first": "3.00", "second": "11.00"},
        ),
    ]


def linked(path: Path) -> None:
    """Files that are found by way of links, beside one that is there."""
    root = path.parent
    pq.write_table(one(1, 4.0), path)
    (root.parent / "elsewhere/2023").mkdir(parents=True)
    pq.write_table(one(2, 1.0), root.parent / "elsewhere/2023/o.parquet")
    pq.write_table(one(3, 2.0), root.parent / "elsewhere/f.parquet")
    os.symlink("../elsewhere/2023", root / "2023")
    os.symlink("../elsewhere/f.parquet", root / "f.parquet")


def looped(path: Path) -> None:
    """A folder that is linked into itself."""
    pq.write_table(one(1, 4.0), path)
    os.symlink(".", path.parent / "again")


def names() -> list[Case]:
    endings = ("20240701_144951_00037_v74wa", "000000_0", "x.parq", "y.pq", "z.parquet", "part-0.snappy.parquet")
    athena = {f"data/{name}": one(n, float(2**n)) for n, name in enumerate(endings)}
    beside = {"data/o.parquet": one(1, 1.0)}
    beside |= {f"data/{name}": text(b"x") for name in ("_SUCCESS", ".o.parquet.crc", "_metadata", ".hidden")}
    csv = {"data/o.parquet": one(1, 1.0), "data/readme.csv": text(b"customer,at\n1,2024-01-05\n")}
    whole, several = [(6, "63.00")], orders(["a.parquet", "b/*.parquet"])
    return [
        Case("files without the usual ending", athena, orders("data"), whole, SUM),
        Case("what others leave beside files", beside, orders("data"), [(1, "1.00")], SUM),
        Case("a file of another kind in the folder", csv, orders("data"), [(1, "1.00")], SUM, may_refuse=True),
        Case("linked files and folders", {"data/o.parquet": linked}, orders("data"), [(3, "7.00")], SUM),
        Case(
            "a folder linked into itself",
            {"data/o.parquet": looped},
            orders("data"),
            [(1, "4.00")],
            SUM,
            code=(0, 1, 2),
        ),
        Case("a list of files", {"a.parquet": one(1, 1.0), "b/c.parquet": one(2, 2.0)}, several, [(2, "3.00")], SUM),
        Case(
            "a file of no rows",
            {"a.parquet": one(1, 1.0), "b.parquet": one(2, 2.0).slice(0, 0)},
            orders("*.parquet"),
            [(1, "1.00")],
            SUM,
        ),
    ]


def text(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


ODD = {
    "user:userId": pa.array([1, 2], pa.int64()),
    "order.date": pa.array([date(2024, 1, 5), date(2024, 1, 6)]),
    "total in € (net) %": [1.5, 2.5],
    'he said "hi"': ["a", "b"],
    **{"user": ["x", "y"], "order": [7, 8], "Größe": ["S", "M"], "^a.*$": ["r1", "r2"], "end": ["e", "f"]},
    **{
        "interval": ["i", "j"],
        "Date": ["d1", "d2"],
        "date": ["D1", "D2"],
        "case": ["c", "k"],
        "select": ["s", "t"],
        "1st": ["p", "q"],
    },
}
SEGMENTS = {
    '"he said ""hi"""': ("a", "b"),
    **{"user": ("x", "y"), "Größe": ("S", "M"), '"^a.*$"': ("r1", "r2"), "end": ("e", "f"), "interval": ("i", "j")},
    **{'"Date"': ("d1", "d2"), '"date"': ("D1", "D2"), "case": ("c", "k"), '"select"': ("s", "t"), '"1st"': ("p", "q")},
    **{'UPPER("end")': ("E", "F"), '"end" || user': ("ex", "fy"), "COALESCE(\"interval\", 'none')": ("i", "j")},
}


def odd_names() -> list[Case]:
    cases = []
    for expression, (first, second) in SEGMENTS.items():
        pipeline = orders(
            **{"customer_id": '"user:userId"', "ordered_at": '"order.date"', "amount": '"total in € (net) %"'},
            more='order_id = "order"',
            sections=f"[segments]\ns = {quoted(expression)}",
        )
        query = "SELECT customer_id, revenue, segment_s FROM customers ORDER BY 1"
        rows = [(1, "1.50", first), (2, "2.50", second)]
        cases.append(Case(f"a column as {expression}", {"orders.parquet": pa.table(ODD)}, pipeline, rows, query))
    structs = pa.array([{"name": "a", "at": {"city": "Rome"}}, None])
    inside = orders(sections='[segments]\ns = "v.name"')
    query = "SELECT customer_id, segment_s FROM customers ORDER BY 1"
    struct = {"orders.parquet": table(v=structs)}
    deep = orders(sections='[segments]\ns = "v.at.city"')
    cases.append(
        Case(
            "a field of a struct",
            struct,
            inside,
            [(1, "a"), (2, "(none)")],
            query,
            may_refuse=True,
            says_not="panicked",
        )
    )
    cases.append(Case("a field of a field", struct, deep, [(1, "Rome"), (2, "(none)")], query, may_refuse=True))
    cases.append(Case("a struct that is not named", struct, orders(), [(1, "1.00"), (2, "1.00")]))
    return cases


# Ids.

ID = "550e8400-e29b-41d4-a716-446655440000"


def as_uuid(value: str, day: str, amount: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        duckdb.connect().sql(
            f"COPY (SELECT {value} AS customer, DATE '{day}' AS at, {amount}::DECIMAL(9,2) AS amount) TO '{path}'"
        )

    return write


def ids() -> list[Case]:
    big = [2**53, 2**53 + 1, 2**63 - 1]
    kinds: dict[str, tuple[pa.Array, list]] = {
        "of 64 bits": (pa.array(big, pa.int64()), big),
        "without a sign": (pa.array([2**64 - 1, 2**63, 5], pa.uint64()), [5, 2**63, 2**64 - 1]),
        "of 8 bits": (pa.array([-128, 127, 0], pa.int8()), [-128, 0, 127]),
        "as decimals": (pa.array([Decimal(7), Decimal(10**17), Decimal(5)], pa.decimal128(18, 0)), [5, 7, 10**17]),
        "as texts": (pa.array(["007", "7", "a"]), ["007", "7", "a"]),
        "as a dictionary": (pa.array(["x", "y", "x"]).dictionary_encode(), ["x", "y"]),
        "as large texts": (pa.array(["x", "y", "x"], pa.large_string()), ["x", "y"]),
    }
    cases = [
        Case(
            f"ids {name}",
            {"orders.parquet": table(customer=column)},
            orders(),
            [(i,) for i in wanted],
            CUSTOMERS,
            may_refuse="decimals" in name,
        )
        for name, (column, wanted) in kinds.items()
    ]
    expressions = {
        "calculated": (pa.array([1, 2, 3]), "customer + 4999900000", [4999900001, 4999900002, 4999900003]),
        "cut out of texts": (pa.array(["u-1", "u-2", "u-1"]), "SPLIT_PART(customer, '-', 2)", ["1", "2"]),
        "put together": (pa.array([1, 2, 3]), "CONCAT('c', customer)", ["c1", "c2", "c3"]),
        "in small letters": (pa.array(["A@x", "a@X", "b@x"]), "LOWER(customer)", ["a@x", "b@x"]),
        "as texts of numbers": (pa.array(["7", "8", "7"]), "CAST(customer AS BIGINT)", [7, 8]),
        "chosen": (pa.array([None, "x", "y"]), "COALESCE(customer, 'none')", ["none", "x", "y"]),
    }
    for name, (column, expression, wanted) in expressions.items():
        pipeline = orders(customer_id=expression)
        cases.append(
            Case(f"ids {name}", {"orders.parquet": table(customer=column)}, pipeline, [(i,) for i in wanted], CUSTOMERS)
        )
    return cases + ids_of_files()


def ids_of_files() -> list[Case]:
    signed = {"a.parquet": table(customer=pa.array([1, 1], pa.int64()), amount=[5.0, 5.0])}
    signed["b.parquet"] = table(customer=pa.array([1, 2**53 + 1], pa.uint64()), amount=[5.0, 6.0])
    once = orders("*.parquet", more="deduplicate = true")
    rows = [(1, 1, "5.00"), (2**53 + 1, 1, "6.00")]
    counted = "SELECT customer_id, orders, revenue FROM customers ORDER BY 1"
    widths = {f"{bits}.parquet": table(customer=pa.array([7], getattr(pa, f"int{bits}")())) for bits in (8, 16, 32, 64)}
    both = {"a.parquet": table(customer=pa.array([7])), "b.parquet": table(customer=pa.array(["7"]))}
    as_bytes = {
        "1.parquet": as_uuid(f"'{ID}'::UUID", "2024-01-05", "1.0"),
        "2.parquet": as_uuid(f"'{ID}'::UUID", "2024-02-05", "2.0"),
    }
    mixed = as_bytes | {"2.parquet": as_uuid(f"'{ID}'", "2024-02-05", "2.0")}
    as_text = orders("*.parquet", customer_id="CAST(customer AS VARCHAR)")
    # Of a column of UUIDs it is left open in which form they are published.
    once_each, sums = [(2, "3.00")], "SELECT orders, revenue FROM customers"
    raw = {"orders.parquet": table(customer=pa.array([uuid.UUID(ID).bytes, b"x" * 16], pa.binary(16)))}
    return [
        Case("ids with and without a sign", signed, once, rows, counted, may_refuse=True),
        Case("ids of several widths", widths, orders("*.parquet"), [(7, 4, "4.00")], counted),
        Case("ids of numbers and texts", both, orders("*.parquet"), None, code=(2,), says="(?i)customer"),
        Case("ids of numbers and texts, cast", both, as_text, [("7", 2, "2.00")], counted),
        Case("UUIDs", as_bytes, orders("*.parquet"), once_each, sums),
        Case("UUIDs and texts", mixed, orders("*.parquet"), once_each, sums, may_refuse=True),
        Case("UUIDs and texts, cast", mixed, as_text, once_each, sums, may_refuse=True),
        Case("ids of bytes", raw, orders(), [(2,)], "SELECT count(*) FROM customers", may_refuse=True),
    ]


# Types and encodings.


def variants(path: Path) -> None:
    rows = (
        "SELECT i::BIGINT AS customer, DATE '2024-01-05' AS at, 1.5::DECIMAL(9,2) AS amount, {'a': i}::VARIANT AS props"
    )
    duckdb.connect().sql(f"COPY ({rows} FROM range(1, 3) t(i)) TO '{path}' (FORMAT parquet)")


def wide_decimals(path: Path) -> None:
    count = 3000
    amounts = pa.array([Decimal(i * 7919).scaleb(-2) for i in range(count)], pa.decimal128(38, 2))
    rows = table(customer=pa.array(range(count), pa.int64()), amount=amounts)
    encodings = {"amount": "DELTA_BYTE_ARRAY", "customer": "DELTA_BINARY_PACKED", "at": "DELTA_BINARY_PACKED"}
    pq.write_table(rows, path, data_page_version="2.0", use_dictionary=False, column_encoding=encodings)


def written(**options: object) -> File:
    rows = table(
        customer=pa.array(range(1, 501), pa.int64()), amount=[0.25] * 500, word=[f"w{n % 7}" for n in range(500)]
    )
    return lambda path: pq.write_table(rows, path, **options)


def amount_of(values: list, kind: pa.DataType, *wanted: str) -> Case:
    rows = list(enumerate(wanted, start=1))
    rare = pa.types.is_float16(kind) or pa.types.is_decimal256(kind)
    return Case(
        f"amounts of {kind}", {"orders.parquet": table(amount=pa.array(values, kind))}, orders(), rows, may_refuse=rare
    )


def types() -> list[Case]:
    whole = [(500, "125.00")]
    cases = [
        Case(f"files of {name}", {"orders.parquet": written(**options)}, orders(), whole, SUM)
        for name, options in {
            **{
                f"{codec} pages": {"compression": codec}
                for codec in ("snappy", "gzip", "brotli", "zstd", "lz4", "none")
            },
            "pages of version 2": {"data_page_version": "2.0"},
            "pages of a row": {"data_page_size": 1, "row_group_size": 50},
            "plain values": {"use_dictionary": False},
            "split bytes": {"use_dictionary": False, "column_encoding": {"amount": "BYTE_STREAM_SPLIT"}},
            "delta texts": {"use_dictionary": False, "column_encoding": {"word": "DELTA_LENGTH_BYTE_ARRAY"}},
            "no statistics": {"write_statistics": False},
            "checksums": {"write_page_checksum": True},
            "an index of pages": {"write_page_index": True},
        }.items()
    ]
    halves = [Decimal("0.125"), Decimal("-0.125"), Decimal("1.005")]
    cases += [
        amount_of([1.5, -2.25], pa.float32(), "1.50", "-2.25"),
        amount_of([1.5, -2.25], pa.float16(), "1.50", "-2.25"),
        amount_of([3, -4], pa.int8(), "3.00", "-4.00"),
        amount_of([3, 255], pa.uint8(), "3.00", "255.00"),
        amount_of([3, 2**40], pa.uint64(), "3.00", "1099511627776.00"),
        *(
            amount_of(halves, kind, "0.13", "-0.13", "1.01")
            for kind in (pa.decimal32(9, 3), pa.decimal64(18, 3), pa.decimal128(38, 3))
        ),
        amount_of(halves, pa.decimal256(50, 3), "0.13", "-0.13", "1.01"),
        amount_of([Decimal("1.5"), Decimal("2")], pa.decimal128(38, 10), "1.50", "2.00"),
    ]
    nulls = {"a.parquet": table(v=pa.nulls(1), customer=[1]), "b.parquet": table(v=pa.array(["x"]), customer=[2])}
    segment = orders("*.parquet", sections='[segments]\ns = "v"')
    query = "SELECT customer_id, segment_s FROM customers ORDER BY 1"
    lists = table(v=pa.array([[1, 2], None]), m=pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())))
    total = [(3000, "356236215.00")]
    return cases + [
        Case("a VARIANT beside", {"orders.parquet": variants}, orders(), [(1, "1.50"), (2, "1.50")]),
        Case("wide decimals in pages of version 2", {"orders.parquet": wide_decimals}, orders(), total, SUM),
        Case("a column of no type", nulls, segment, [(1, "(none)"), (2, "x")], query),
        Case("lists and maps beside", {"orders.parquet": lists}, orders(), [(1, "1.00"), (2, "1.00")]),
        Case("one row", {"orders.parquet": table(v=[1])}, orders(sections=TOLERANT), [(1, "1.00")], REVENUES),
    ]


FILES = [*folders(), *names(), *odd_names(), *ids(), *types()]
