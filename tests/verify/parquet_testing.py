"""Files of apache/parquet-testing: every value that the command reads of them is compared.

Usage: python parquet_testing.py --kohort BINARY [--folder FOLDER] [--file PATTERN]...

FOLDER, or the variable PARQUET_TESTING, is a copy of that repository; without one, all is skipped. EXPECTED tells of each file
whether it is read, but for which columns, or in which words it is refused. All columns of a file that are numbers, texts,
conditions or times are put into one text a row, in the mapping; the texts must be those that pyarrow's values give.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import command


@dataclass(frozen=True)
class Expected:
    """What becomes of a file."""

    rows: int = 0
    # Columns that can't be mapped, and what the message matches where one is.
    but: dict[str, str] = field(default_factory=dict)
    # What the message matches where the file is refused as a whole.
    refused: str = ""
    # Whether it may be refused as well as read.
    may_refuse: bool = False
    # Rows that pyarrow does not read as they are: times beyond 64 bits of microseconds are cut to them here.
    differing: int = 0


def whole(rows: int) -> Expected:
    return Expected(rows)


def but(rows: int, names: str, says: str = "") -> Expected:
    """Read but for columns, whose names are parted by blanks."""
    return Expected(rows, dict.fromkeys(names.split(), says))


NESTED = r"(?i)list|map|struct"
DAMAGED = r"(?i)corrupt|no readable Parquet file|specification|damaged|invalid|cannot be read|can't be read|end of|bytes|not a Parquet|malformed|length"
GEO = "GEOMETRY|GEOGRAPHY"
EXPECTED = {
    "bad_data/ARROW-GH-41317.parquet": but(5, "timestamp_us_no_tz", DAMAGED),
    "bad_data/ARROW-GH-41321.parquet": but(5, "int64 large_binary", DAMAGED),
    "bad_data/ARROW-GH-43605.parquet": whole(21186),
    "bad_data/ARROW-GH-45185.parquet": but(1, "x", NESTED),
    "bad_data/ARROW-GH-47662.parquet": Expected(refused=DAMAGED),
    # Whoever does not need what is damaged reads the rest.
    "bad_data/ARROW-RS-GH-6229-DICTHEADER.parquet": Expected(refused=DAMAGED, may_refuse=True),
    "bad_data/ARROW-RS-GH-6229-LEVELS.parquet": but(1, "outer", NESTED),
    # Its only column is of no type that there is.
    "bad_data/PARQUET-1481.parquet": Expected(refused=DAMAGED + "|names the column"),
    "data/alltypes_dictionary.parquet": whole(2),
    "data/alltypes_plain.parquet": whole(8),
    "data/alltypes_plain.snappy.parquet": whole(2),
    "data/alltypes_tiny_pages.parquet": whole(7300),
    "data/alltypes_tiny_pages_plain.parquet": whole(7300),
    "data/binary.parquet": whole(12),
    "data/binary_truncated_min_max.parquet": whole(12),
    "data/byte_array_decimal.parquet": whole(24),
    "data/byte_stream_split.zstd.parquet": whole(300),
    "data/byte_stream_split_extended.gzip.parquet": whole(200),
    "data/column_chunk_key_value_metadata.parquet": whole(0),
    "data/concatenated_gzip_members.parquet": whole(513),
    "data/data_index_bloom_encoding_stats.parquet": whole(14),
    "data/data_index_bloom_encoding_with_length.parquet": whole(14),
    # Whoever does not look at checksums reads them whole.
    "data/datapage_v1-corrupt-checksum.parquet": Expected(5120, may_refuse=True, refused="(?i)checksum|CRC"),
    "data/datapage_v1-snappy-compressed-checksum.parquet": whole(5120),
    "data/datapage_v1-uncompressed-checksum.parquet": whole(5120),
    "data/datapage_v2.snappy.parquet": but(5, "e", NESTED),
    "data/datapage_v2_empty_datapage.snappy.parquet": whole(1),
    "data/delta_binary_packed.parquet": whole(200),
    "data/delta_byte_array.parquet": whole(1000),
    "data/delta_encoding_optional_column.parquet": whole(100),
    "data/delta_encoding_required_column.parquet": whole(100),
    "data/delta_length_byte_array.parquet": whole(1000),
    "data/dict-page-offset-zero.parquet": whole(39),
    "data/fixed_length_byte_array.parquet": whole(1000),
    "data/fixed_length_decimal.parquet": whole(24),
    "data/fixed_length_decimal_legacy.parquet": whole(24),
    "data/float16_nonzeros_and_nans.parquet": whole(8),
    "data/float16_zeros_and_nans.parquet": whole(3),
    "data/floating_orders_nan_count.parquet": whole(50),
    "data/geospatial/crs-arbitrary-value.parquet": but(1, "geometry", GEO),
    "data/geospatial/crs-default.parquet": but(1, "geometry", GEO),
    "data/geospatial/crs-geography.parquet": but(1, "geography", GEO),
    "data/geospatial/crs-projjson.parquet": but(1, "geometry", GEO),
    "data/geospatial/crs-srid.parquet": but(1, "geometry", GEO),
    "data/geospatial/geography-lines.parquet": but(499, "geometry", GEO),
    "data/geospatial/geography-points.parquet": but(500, "geometry", GEO),
    "data/geospatial/geography-polygons.parquet": but(500, "geometry", GEO),
    "data/geospatial/geospatial-with-nan.parquet": but(3, "geometry", GEO),
    "data/geospatial/geospatial.parquet": but(196, "geometry", GEO),
    "data/hadoop_lz4_compressed.parquet": whole(4),
    "data/hadoop_lz4_compressed_larger.parquet": whole(10_000),
    "data/incorrect_map_schema.parquet": but(1, "my_map", NESTED),
    "data/int32_decimal.parquet": whole(24),
    "data/int32_with_null_pages.parquet": whole(1000),
    "data/int64_decimal.parquet": whole(24),
    "data/int96_from_spark.parquet": Expected(6, differing=1),
    "data/large_string_map.brotli.parquet": but(2, "arr", NESTED),
    "data/list_columns.parquet": but(3, "int64_list utf8_list", NESTED),
    "data/lz4_raw_compressed.parquet": whole(4),
    "data/lz4_raw_compressed_larger.parquet": whole(10_000),
    "data/map_no_value.parquet": but(3, "my_map my_map_no_v my_list", NESTED),
    "data/nan_in_stats.parquet": whole(2),
    # Its footer leaves the headers of dictionaries out of the sizes of columns.
    "data/nation.dict-malformed.parquet": but(25, "name comment_col", DAMAGED),
    "data/nested_lists.snappy.parquet": but(3, "a", NESTED),
    "data/nested_maps.snappy.parquet": but(6, "a", NESTED),
    "data/nested_structs.rust.parquet": but(1, "roll_num ul_observation_date", NESTED),
    "data/non_hadoop_lz4_compressed.parquet": whole(4),
    "data/nonnullable.impala.parquet": but(1, "Int_Array int_array_array Int_Map int_map_array nested_Struct", NESTED),
    "data/null_list.parquet": but(1, "emptylist", NESTED),
    "data/nullable.impala.parquet": but(7, "int_array int_array_Array int_map int_Map_Array nested_struct", NESTED),
    "data/nulls.snappy.parquet": but(8, "b_struct", NESTED),
    "data/old_list_structure.parquet": but(1, "a", NESTED),
    "data/overflow_i16_page_cnt.parquet": whole(40_000),
    "data/page_v2_empty_compressed.parquet": whole(10),
    "data/plain-dict-uncompressed-checksum.parquet": whole(1000),
    "data/repeated_no_annotation.parquet": but(6, "phoneNumbers", NESTED),
    "data/repeated_primitive_no_list.parquet": but(4, "Int32_list String_list group_of_lists", NESTED),
    "data/rle-dict-snappy-checksum.parquet": whole(1000),
    "data/rle-dict-uncompressed-corrupt-checksum.parquet": Expected(1000, may_refuse=True, refused="(?i)checksum|CRC"),
    "data/rle_boolean_encoding.parquet": whole(68),
    "data/single_nan.parquet": whole(1),
    "data/sort_columns.parquet": whole(6),
    "data/unknown-logical-type.parquet": Expected(3, {"column with unknown type": "unknown to this version"}),
    **{f"shredded_variant/case-{n:03}.parquet": but(1, "var", NESTED + "|variant") for n in (1, 2, *range(4, 10))},
}


def main() -> int:
    options = arguments()
    if not options.folder:
        print("parquet-testing: skipped, PARQUET_TESTING names no copy of apache/parquet-testing")
        return 0
    here = {path.relative_to(options.folder).as_posix(): path for path in sorted(options.folder.rglob("*.parquet"))}
    wanted = options.file or ["*"]
    tried = [name for name in EXPECTED if name in here and any(fnmatch.fnmatch(name, pattern) for pattern in wanted)]
    others = len(here.keys() - EXPECTED.keys())
    with tempfile.TemporaryDirectory(prefix="kohort-parquet-testing-") as folder:
        found = command.in_parallel(lambda name: checked(options.kohort, Path(folder) / name, here[name], name), tried)
    for name, texts in zip(tried, found):
        for text in texts:
            print(f"{name}: {text}")
    wrong = sum(map(bool, found))
    unknown = f", {others} files that are not listed" if others else ""
    print(f"parquet-testing: {len(tried)} files, {len(tried) - wrong} as expected, {wrong} wrong{unknown}")
    return 1 if wrong else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given = os.environ.get("PARQUET_TESTING")
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    parser.add_argument("--folder", type=Path, default=given and Path(given), help="a copy of apache/parquet-testing")
    parser.add_argument("--file", action="append", metavar="PATTERN", help="only files that match; may be repeated")
    options = parser.parse_args()
    options.kohort = options.kohort.resolve()
    return options


def checked(kohort: Path, folder: Path, file: Path, name: str) -> list[str]:
    """What is wrong with a file; one that can't be checked is wrong, and the others are checked all the same."""
    try:
        return list(faults(kohort, folder, file, EXPECTED[name]))
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def faults(kohort: Path, folder: Path, file: Path, expected: Expected) -> Iterator[str]:
    """What is otherwise than expected of a file."""
    columns = readable(file, expected)
    for name, says in expected.but.items():
        yield from refusal(kohort, folder / f"but-{len(name)}-{name}", file, name, says)
    if expected.refused and not expected.rows:
        name = next(iter(columns), "nosuch")
        codes = (0, 1, 2) if expected.may_refuse else (1, 2)
        yield from refusal(kohort, folder / "refused", file, name, expected.refused, codes)
        return
    if not columns:
        return
    parts = [f"COALESCE({form(quoted(name), column.type)}, '~')" for name, column in columns.items()]
    run = mapped(kohort, folder / "read", file, f"CONCAT_WS('|', {', '.join(parts)})", next(iter(columns)))
    wanted = texts_of(columns)
    if run.code and expected.may_refuse and re.search(expected.refused, run.text):
        return
    if run.code:
        yield f"exit code {run.code}: {' '.join(run.text.split())[-500:]}"
        return
    found = Counter(dict(run.query("SELECT customer_id, orders FROM customers")))
    more, fewer = found - wanted, wanted - found
    if max(more.total(), fewer.total()) > expected.differing:
        yield f"{more.total()} rows differ: {list(more)[:2]}, expected {list(fewer)[:2]}"
    if columns and wanted.total() + beyond(columns) != expected.rows:
        yield f"pyarrow reads {wanted.total()} rows, expected {expected.rows}"


def refusal(
    kohort: Path, folder: Path, file: Path, column: str, says: str, codes: tuple[int, ...] = (1, 2)
) -> Iterator[str]:
    """What is wrong with the message of a run that maps a column that can't be."""
    run = mapped(kohort, folder, file, f"CAST({quoted(column)} AS VARCHAR)", column)
    said = " ".join(run.text.split())
    if run.code not in codes:
        yield f"{column} is mapped with exit code {run.code}: {said[-300:]}"
    elif "panicked" in said or run.code and not re.search(says, said):
        yield f"{column} is refused, and nothing matches {says!r} in: {said[-500:]}"


def mapped(kohort: Path, folder: Path, file: Path, customer: str, column: str) -> command.Run:
    folder.mkdir(parents=True)
    day = f"CASE WHEN {quoted(column)} IS NULL THEN DATE '2024-01-05' ELSE DATE '2024-01-05' END"
    pipeline = command.orders(
        str(file), customer_id=customer, ordered_at=day, amount="1", sections="[checks]\nmax_rejected = 1.0"
    )
    return command.run(kohort, folder, pipeline)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# What pyarrow reads.


def readable(file: Path, expected: Expected) -> dict[str, pa.ChunkedArray]:
    """Each column that has values which a mapping can take."""
    try:
        schema = pq.read_schema(file)
    except (OSError, pa.ArrowException):
        return {}
    columns = {}
    for name in schema.names:
        kind = schema.field(name).type
        if name in expected.but or pa.types.is_nested(kind) or pa.types.is_time(kind):
            continue
        try:
            columns[name] = pq.read_table(file, columns=[name], coerce_int96_timestamp_unit="us").column(0)
        except (OSError, pa.ArrowException):
            columns[name] = pa.chunked_array([pa.nulls(0)])
    return columns


def form(column: str, kind: pa.DataType) -> str:
    """The text of a value, or NULL."""
    if pa.types.is_floating(kind):
        # By a power of two, which no rounding disturbs.
        whole = f"CAST(CAST({column} * 1024 AS BIGINT) AS VARCHAR)"
        return f"CASE WHEN ABS({column}) < 1000000000000 THEN {whole} WHEN {column} IS NOT NULL THEN 'far' END"
    if pa.types.is_timestamp(kind):
        return f"STRFTIME({column}, '%Y-%m-%d %H:%M:%S')"
    if is_bytes(kind):
        return f"CASE WHEN {column} IS NOT NULL THEN 'bytes' END"
    return column if is_text(kind) else f"CAST({column} AS VARCHAR)"


def is_bytes(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)


def is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def texts_of(columns: dict[str, pa.ChunkedArray]) -> Counter[str]:
    """How often each text is there, of rows that have no time beyond the years 1 to 9999."""
    given = [texts_of_column(column) for column in columns.values()]
    return Counter("|".join(row) for row in zip(*given) if None not in row)


def beyond(columns: dict[str, pa.ChunkedArray]) -> int:
    """How many rows have such a time, and are rejected."""
    return sum(None in row for row in zip(*map(texts_of_column, columns.values())))


def texts_of_column(column: pa.ChunkedArray) -> list[str | None]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        counts = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64()).to_pylist()
        return [None if (moment := moment_of(count)) == "beyond" else moment for count in counts]
    if is_bytes(kind):
        return ["~" if value is None else "bytes" for value in column.to_pylist()]
    return [text_of(value) for value in column.to_pylist()]


def moment_of(microseconds: int | None) -> str:
    if microseconds is None:
        return "~"
    try:
        return (datetime(1970, 1, 1) + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d %H:%M:%S")
    except OverflowError:
        return "beyond"


def text_of(value: object) -> str:
    match value:
        case None:
            return "~"
        case bool():
            return str(value).lower()
        case float():
            return str(round(value * 1024)) if abs(value) < 1e12 else "far"
    return str(value)


if __name__ == "__main__":
    sys.exit(main())
