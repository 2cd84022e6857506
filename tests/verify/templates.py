"""Expressions of every operator over every type that it takes."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from extremes import DECIMALS, DOUBLES, INTEGERS, NUMBERS, TIMES

# Says that an engine has nothing like it.
NONE = "-"


@dataclass(frozen=True)
class Template:
    operator: str
    types: str
    sql: str
    # How an engine spells it, where it is otherwise.
    duckdb: str | None = None
    postgres: str | None = None


def class_of(column: str) -> str:
    """The kind of a column in messages; what is no column is a literal."""
    classes = {**dict.fromkeys(INTEGERS, "int"), **dict.fromkeys(DECIMALS, "dec"), **dict.fromkeys(DOUBLES, "float")}
    classes |= {"word": "text", "num": "text", "stamp": "text", "flag": "bool"}
    return (classes | {"dt": "date", "ts": "timestamp", "tz": "instant"}).get(column, "lit")


def templates(seed: int = 1) -> list[Template]:
    rng = random.Random(seed)
    parts = (arithmetic(rng), comparisons(rng), memberships(), patterns(), logic(), choices(), guards(), rounding())
    parts += (casts(), calendar(), instants(), dates_of_texts(), texts(), regular_expressions(), constants())
    found = {template.sql: template for template in itertools.chain(*parts)}
    return list(found.values())


PAIRS = list(itertools.product(NUMBERS, NUMBERS))
LITERALS = {
    "+": ("1", "0.5", "1e3"),
    "-": ("1", "1000000000", "0.005"),
    "*": ("1000000000", "0.5", "1.19", "100"),
    "/": ("100", "3", "1.19", "100.0", "-8"),
    "//": ("2", "0.7", "-3"),
    "%": ("4", "7", "0.3", "-4"),
}


def by_type(operator: str, sql: str, columns: tuple[str, ...] = NUMBERS, **spelled: str) -> Iterator[Template]:
    """One for each column, which stands for {}."""
    for column in columns:
        others = {engine: text.format(column) for engine, text in spelled.items()}
        yield Template(operator, class_of(column), sql.format(column), **others)


def arithmetic(rng: random.Random) -> Iterator[Template]:
    for operator, literals in LITERALS.items():
        postgres = NONE if operator == "//" else None
        for a, b in rng.sample(PAIRS, 40):
            yield Template(operator, f"{class_of(a)}, {class_of(b)}", f"{a} {operator} {b}", postgres=postgres)
        for column, literal in itertools.product(NUMBERS, literals):
            sql = f"{column} {operator} {literal}"
            yield Template(f"{operator} literal", class_of(column), sql, postgres=postgres)
    for a, b, c in (rng.sample(NUMBERS, 3) for _ in range(40)):
        classes = ", ".join(map(class_of, (a, b, c)))
        yield Template("+ -", classes, f"{a} - {b} + {c}")
        yield Template("* of three", classes, f"{a} * ({b} - 1) * {c}")
        yield Template("* /", classes, f"{a} * 3 / {b}")
    yield from by_type("unary -", "-{}")
    yield from by_type("% of negative", "(-{}) % 4")
    yield from by_type("literal first", "7 - {}")
    yield from by_type("literal first", "100 / {}")
    for sql in ("i32 / 0", "p12 / 0", "f64 / 0", "i32 % 0", "p12 % 0.0", "i32 // 0", "i8 / u8 / p4", "MOD(i32, 7)"):
        yield Template("division by zero" if "0" in sql else "/", class_of(sql.split()[0]), sql)
    yield Template("division by NULLIF", "int", "i32 / NULLIF(i8, 0)")
    yield Template("division by NULLIF", "dec", "p12 / NULLIF(i32, 0)")


def comparisons(rng: random.Random) -> Iterator[Template]:
    for operator in ("=", "<>", "<", "<=", ">", ">="):
        for a, b in rng.sample(PAIRS, 18):
            yield Template("compare", f"{class_of(a)}, {class_of(b)}", f"{a} {operator} {b}")
        for literal in ("7", "2.5", "-0.005", "1e3"):
            yield from by_type("compare literal", f"{{}} {operator} {literal}", NUMBERS)
    for literal in ("9223372036854775808", "-300", "255.5", "99999999999999999999999999999999999999"):
        yield from by_type("compare with a literal out of range", "{} < " + literal, (*INTEGERS, *DECIMALS))
        yield from by_type("compare with a literal out of range", "{} = " + literal, (*INTEGERS, *DECIMALS))
    for sql in ("word = 'paid'", "word <> 'paid'", "word < 'paid'", "word >= ''", "'a' < word", "word = num"):
        yield Template("compare", "text", sql)
    for sql in ("flag = TRUE", "flag <> FALSE", "flag < TRUE", "flag = (i32 > 1)"):
        yield Template("compare", "bool", sql)
    pairs = [
        ("i32", "i64"),
        ("p12", "p9"),
        ("word", "num"),
        ("flag", "flag"),
        ("dt", "dt"),
        ("f64", "f32"),
        ("ts", "ts"),
    ]
    for a, b in (*pairs, ("i32", "NULL"), ("u64", "p18")):
        yield Template("IS DISTINCT FROM", class_of(a), f"{a} IS DISTINCT FROM {b}")
        yield Template("IS DISTINCT FROM", class_of(a), f"{a} IS NOT DISTINCT FROM {b}")


def memberships() -> Iterator[Template]:
    for operator, sql in {
        "IN": "{} IN (1, 7, 100)",
        "IN with NULL": "{} IN (1, NULL)",
        "IN of fractions": "{} IN (0.125, 2.5, 19.99)",
        "NOT IN": "{} NOT IN (1, 7)",
        "NOT IN with NULL": "{} NOT IN (7, NULL)",
        "BETWEEN": "{} BETWEEN -5 AND 7",
        "NOT BETWEEN": "{} NOT BETWEEN 0 AND 2.5",
    }.items():
        yield from by_type(operator, sql)
    for sql in (
        *("word IN ('paid', 'shipped')", "word IN ('')", "word IN ('paid', NULL)", "word NOT IN ('paid', 'x')"),
        *("word NOT IN ('paid', NULL)", "word BETWEEN 'a' AND 'q'", "flag IN (TRUE)", "flag IN (FALSE, NULL)"),
        *("dt IN (DATE '2024-01-31', DATE '1970-01-01')", "dt IN ('2024-01-31', '1970-01-01')", "i32 IN (i8, i64, 7)"),
        *("dt BETWEEN DATE '2024-01-01' AND DATE '2024-12-31'", "dt BETWEEN '2024-01-01' AND '2024-12-31'"),
        *("ts BETWEEN '2024-01-01' AND '2024-06-30 12:00:00'", "i32 BETWEEN i8 AND i64", "p12 BETWEEN p9 AND 100"),
        *("p4 IN (p9, p12, NULL)", "f64 IN (1.5, 0.125)", "dt NOT IN ('2024-01-31', NULL)"),
    ):
        yield Template("IN" if " IN " in sql else "BETWEEN", class_of(sql.split()[0]), sql)
    for column in ("i32", "p12", "f64", "word", "flag", "dt", "ts", "tz"):
        yield Template("IS NULL", class_of(column), f"{column} IS NULL")
        yield Template("IS NULL", class_of(column), f"{column} IS NOT NULL")


LIKES = ("pa%", "%a%", "_", "P%", "", "%", "a_b", "%ä%", "___", "%_b", "pa_d", "%%", "50%", "Ü%", "a%b%c", "%é")


def patterns() -> Iterator[Template]:
    for operator, pattern in itertools.product(("LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE"), LIKES):
        yield Template(operator, "text", f"word {operator} '{pattern}'")
    for operator, pattern in itertools.product(("LIKE", "ILIKE", "NOT LIKE"), ("a!_b", "%!%", "50!%", "a!_%", "!!")):
        yield Template(f"{operator} ESCAPE", "text", f"word {operator} '{pattern}' ESCAPE '!'")
    yield Template("LIKE ESCAPE", "text", "word LIKE 'a\\\\b' ESCAPE '\\'")
    yield Template("LIKE ESCAPE", "text", "word LIKE 'a\\_b' ESCAPE '\\'")


def logic() -> Iterator[Template]:
    for condition in ("flag", "(i32 > 1)", "(word = 'paid')", "(p12 < p9)"):
        for wanted in ("TRUE", "FALSE", "UNKNOWN"):
            yield Template("IS TRUE", "bool", f"{condition} IS {wanted}")
            yield Template("IS TRUE", "bool", f"{condition} IS NOT {wanted}")
        yield Template("NOT", "bool", f"NOT {condition}")
        yield Template("NOT", "bool", f"NOT ({condition} IS TRUE)")
        for other in ("flag", "(p12 > 1)", "NULL", "TRUE", "FALSE"):
            yield Template("AND", "bool", f"{condition} AND {other}")
            yield Template("OR", "bool", f"{condition} OR {other}")
            yield Template("AND", "bool", f"NOT ({condition} AND {other})")
    yield Template("OR", "bool", " OR ".join(f"i32 = {n}" for n in range(60)))
    yield Template("AND", "bool", " AND ".join(f"i32 <> {n}" for n in range(60)))
    yield Template("OR", "bool", "flag OR i32 > 5 AND p12 > 1 OR NOT flag AND u8 < 4")


MIXED = [("i32", "p12"), ("p12", "0"), ("i8", "i64"), ("f64", "p12"), ("p9", "p12"), ("q38", "p18"), ("u64", "i64")]
MIXED += [("p4", "u16"), ("f32", "f64"), ("p38", "p9"), ("i16", "2.5"), ("p12", "1.005")]


def choices() -> Iterator[Template]:
    for a, b in MIXED:
        types = f"{class_of(a)}, {class_of(b)}"
        for operator, sql in (
            ("CASE", f"CASE WHEN flag THEN {a} ELSE {b} END"),
            ("CASE", f"CASE WHEN flag THEN {a} WHEN i32 > 5 THEN {b} END"),
            ("CASE of a value", f"CASE word WHEN 'paid' THEN {a} WHEN 'shipped' THEN {b} ELSE 0 END"),
            ("COALESCE", f"COALESCE({a}, {b})"),
            ("COALESCE", f"COALESCE(NULL, {b}, {a}, 0)"),
            ("GREATEST", f"GREATEST({a}, {b})"),
            ("LEAST", f"LEAST({a}, {b}, 3)"),
            ("NULLIF", f"NULLIF({a}, {b})"),
            ("NULLIF", f"NULLIF({a}, 0)"),
        ):
            yield Template(operator, types, sql)
        yield Template("IF", types, f"IF(flag, {a}, {b})", postgres=f"CASE WHEN flag THEN {a} ELSE {b} END")
        yield Template("IFNULL", types, f"IFNULL({a}, {b})", postgres=f"COALESCE({a}, {b})")
    for operator, sql in (
        *(("COALESCE", "COALESCE(word, 'none')"), ("COALESCE", "COALESCE(dt, DATE '2024-01-01')")),
        *(
            ("COALESCE", "COALESCE(dt, '2024-01-01')"),
            ("COALESCE", "COALESCE(ts, dt)"),
            ("COALESCE", "COALESCE(flag, i32 > 1)"),
        ),
        *(("NULLIF", "NULLIF(word, '')"), ("NULLIF", "NULLIF(dt, DATE '2024-01-31')")),
        *(
            ("GREATEST", "GREATEST(dt, CAST(ts AS DATE))"),
            ("GREATEST", "GREATEST(word, num)"),
            ("LEAST", "LEAST(ts, dt)"),
        ),
        *(
            ("CASE", "CASE WHEN flag THEN word ELSE num END"),
            ("CASE", "CASE WHEN flag THEN dt END"),
            ("CASE", "CASE WHEN flag THEN NULL ELSE ts END"),
        ),
        ("CASE of a value", "CASE i32 WHEN 5 THEN 'five' WHEN 7 THEN 'seven' ELSE word END"),
        ("CASE of a value", "CASE dt WHEN DATE '2024-01-31' THEN 1 ELSE 0 END"),
        ("CASE of a value", "CASE flag WHEN TRUE THEN 1 WHEN FALSE THEN 2 ELSE 3 END"),
    ):
        yield Template(operator, "texts, dates", sql)


def guards() -> Iterator[Template]:
    """Branches that would fail in the rows that do not take them."""
    for sql in (
        "CASE WHEN i32 <> 0 THEN 100 / i32 ELSE 0 END",
        "CASE WHEN num IN ('1', '-1', '2.5') THEN CAST(num AS DOUBLE) ELSE 0 END",
        "CASE WHEN num IN ('1', '-1', '2.5') THEN CAST(num AS DECIMAL(10,2)) END",
        "CASE WHEN LENGTH(stamp) = 10 AND stamp LIKE '2024-01-%' THEN CAST(stamp AS DATE) END",
        "CASE WHEN word ~ '^[0-9]+$' THEN CAST(word AS INTEGER) END",
        "CASE WHEN p12 <> 0 AND flag THEN i32 / p12 ELSE -1 END",
        "CASE WHEN word = '' THEN 1 WHEN word IS NULL THEN 2 ELSE LENGTH(word) / LENGTH(word) END",
        "CASE WHEN i32 = 0 OR i32 IS NULL THEN NULL ELSE 1 / i32 END",
        "COALESCE(CASE WHEN u8 > 0 THEN 100 / u8 END, 0)",
    ):
        yield Template("guard", "int" if "/" in sql else "text", sql)


def rounding() -> Iterator[Template]:
    for function in ("ABS", "ROUND", "FLOOR", "CEIL", "TRUNC", "SIGN"):
        yield from by_type(function, function + "({})")
    for places in ("0", "1", "2", "-2"):
        for column in NUMBERS:
            postgres = f"ROUND(CAST({column} AS NUMERIC), {places})" if column in DOUBLES else None
            yield Template("ROUND to places", class_of(column), f"ROUND({column}, {places})", postgres=postgres)
    for sql in ("ROUND(p9 * p12, 2)", "ROUND(p12 / 3, 2)", "ROUND(-p9 / 8, 3)", "TRUNC(p9 * 1.5)", "FLOOR(i32 / 7)"):
        yield Template("ROUND of a product", "dec", sql)
    for sql in ("CEIL(-i32 / 7)", "ROUND(p12 * 0.5, 1) + 0.05", "ABS(i8 - i16)", "ROUND(i32 / 3)", "FLOOR(-p9)"):
        yield Template("ROUND of a quotient", "int", sql)


TARGETS = {
    **dict.fromkeys(("SMALLINT", "INTEGER", "BIGINT", "UBIGINT", "HUGEINT"), "int"),
    **dict.fromkeys(("DECIMAL(10,2)", "DECIMAL(38,2)", "DECIMAL(12,0)", "DECIMAL(5,4)", "NUMERIC(20,6)"), "dec"),
    **{"DOUBLE": "float", "DOUBLE PRECISION": "float", "VARCHAR": "text", "TEXT": "text", "BOOLEAN": "bool"},
    **{"DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "instant", "TIMESTAMPTZ": "instant"},
}
CASTABLE = {
    "int": ("int", "dec", "float", "text", "bool"),
    "dec": ("int", "dec", "float", "text"),
    "float": ("int", "dec", "float"),
    "bool": ("int", "text", "bool"),
    "date": ("text", "date", "timestamp", "instant"),
    "timestamp": ("text", "date", "timestamp", "instant"),
    "instant": ("date", "timestamp", "instant"),
}
OF_TEXT = {"num": ("int", "dec", "float", "bool"), "stamp": ("date", "timestamp", "instant"), "word": ("bool", "text")}
# No types of PostgreSQL.
FOREIGN = ("UBIGINT", "HUGEINT")


def casts() -> Iterator[Template]:
    for column, (target, kind) in itertools.product((*NUMBERS, "flag", *TIMES), TARGETS.items()):
        if kind not in CASTABLE[class_of(column)]:
            continue
        postgres = NONE if target in FOREIGN or class_of(column) == "int" and kind == "bool" else None
        yield Template(f"CAST to {kind}", class_of(column), f"CAST({column} AS {target})", postgres=postgres)
    for column, kinds in OF_TEXT.items():
        for target, kind in TARGETS.items():
            if kind in kinds:
                postgres = NONE if target in FOREIGN else None
                yield Template(f"CAST to {kind}", column, f"CAST({column} AS {target})", postgres=postgres)
                yield Template(f"TRY_CAST to {kind}", column, f"TRY_CAST({column} AS {target})", postgres=NONE)
    for column in ("p9", "f64", "i64", "u64", "p38"):
        for target in ("SMALLINT", "DECIMAL(8,2)", "UBIGINT", "INTEGER"):
            sql = f"TRY_CAST({column} AS {target})"
            yield Template("TRY_CAST of a number", class_of(column), sql, postgres=NONE)
    for sql in ("i32::BIGINT * 2", "p9::DECIMAL(10,1)", "word::VARCHAR", "CAST(CAST(p12 AS VARCHAR) AS DECIMAL(12,2))"):
        yield Template("CAST by ::", "dec", sql)


PARTS = (
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "dow",
    "isodow",
    "doy",
    "week",
    "quarter",
    "epoch",
    "isoyear",
)
CLOCK = ("hour", "minute", "second")
UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute")
INTERVALS = ("INTERVAL '1 day'", "INTERVAL '1' MONTH", "INTERVAL '1 month'", "INTERVAL '1 year 2 months'")
INTERVALS += (
    "INTERVAL '36 hours'",
    "INTERVAL 1 DAY",
    "INTERVAL '-3 months'",
    "INTERVAL 13 MONTH",
    "INTERVAL '90 minutes'",
)


def calendar() -> Iterator[Template]:
    """Parts of times, and times moved."""
    for column in TIMES:
        kind = class_of(column)
        for part in PARTS:
            if column != "dt" or part not in CLOCK:
                yield Template("EXTRACT", f"{kind} {part}", f"EXTRACT({part} FROM {column})")
                yield Template("DATE_PART", f"{kind} {part}", f"DATE_PART('{part}', {column})")
        for part in ("year", "month", "day", "quarter", "week", "dayofweek"):
            postgres = f"EXTRACT({'dow' if part == 'dayofweek' else part} FROM {column})"
            yield Template("YEAR()", kind, f"{part.upper()}({column})", postgres=postgres)
        for unit in UNITS[: 5 if column == "dt" else 7]:
            yield Template("DATE_TRUNC", f"{kind} {unit}", f"DATE_TRUNC('{unit}', {column})")
        for interval, sign in itertools.product(INTERVALS, "+-"):
            words = interval.split()
            postgres = f"INTERVAL '{words[1]} {words[2]}'" if words[1][0].isdigit() else interval
            yield Template(
                f"{sign} INTERVAL", kind, f"{column} {sign} {interval}", postgres=f"{column} {sign} {postgres}"
            )
        for literal in (
            "'2024-01-01'",
            "DATE '2024-01-31'",
            "TIMESTAMP '2024-02-01 00:00:00'",
            "'2024-01-31 23:30:00'",
        ):
            for operator in ("=", "<", ">="):
                yield Template("compare with a literal time", kind, f"{column} {operator} {literal}")
    for sql in (
        "dt - DATE '2024-01-01'",
        "dt + 30",
        "dt - i8",
        "30 + dt",
        "dt - dt",
        "dt = ts",
        "dt < ts",
        "ts < tz",
        "dt <= tz",
    ):
        yield Template("dates", "date", sql)
    for unit in ("year", "quarter", "month", "week", "day", "hour"):
        for a, b in (("dt", "DATE '2024-02-29'"), ("ts", "TIMESTAMP '2024-02-29 12:00:00'")):
            yield Template("DATE_DIFF", f"{class_of(a)} {unit}", f"DATE_DIFF('{unit}', {a}, {b})", postgres=NONE)
    yield Template("DATE_ADD", "date", "DATE_ADD(dt, INTERVAL '1 month')", postgres="dt + INTERVAL '1 month'")
    yield Template("DATE_ADD", "timestamp", "DATE_ADD(ts, INTERVAL 2 DAY)", postgres="ts + INTERVAL '2 days'")


ZONES = ("UTC", "America/New_York", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe")


def instants() -> Iterator[Template]:
    for zone, column in itertools.product(ZONES, ("ts", "tz")):
        kind = class_of(column)
        yield Template("AT TIME ZONE", kind, f"{column} AT TIME ZONE '{zone}'")
        yield Template("AT TIME ZONE to DATE", kind, f"CAST({column} AT TIME ZONE '{zone}' AS DATE)")
        yield Template("AT TIME ZONE twice", kind, f"({column} AT TIME ZONE 'UTC') AT TIME ZONE '{zone}'")
    for sql in (
        *("TIMESTAMPTZ '2024-03-10 06:59:59+00' < tz", "tz = TIMESTAMPTZ '2024-01-31T23:30:00Z'", "tz >= ts"),
        *("CAST(tz AS DATE) = dt", "EXTRACT(hour FROM tz)", "DATE_TRUNC('day', tz)", "tz + INTERVAL '1 day'"),
        *("CAST(CAST(tz AS TIMESTAMP) AS TIMESTAMPTZ)", "tz BETWEEN '2024-01-01' AND '2024-12-31'"),
    ):
        yield Template("instants", "instant", sql)
    yield Template("TO_TIMESTAMP", "int", "TO_TIMESTAMP(i32)")
    yield Template("TO_TIMESTAMP", "int", "TO_TIMESTAMP(CAST(i32 AS BIGINT))")
    yield Template("EPOCH_MS", "int", "EPOCH_MS(CAST(i32 AS BIGINT) * 1000)", postgres=NONE)
    yield Template("MAKE_TIMESTAMP", "int", "MAKE_TIMESTAMP(CAST(i32 AS BIGINT) * 1000000)", postgres=NONE)


FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%Y%m%d", "%Y-%m-%dT%H:%M:%S")


def dates_of_texts() -> Iterator[Template]:
    for form in FORMATS:
        yield Template("STRPTIME", "text", f"STRPTIME(stamp, '{form}')", postgres=NONE)
        yield Template("TRY_STRPTIME", "text", f"TRY_STRPTIME(stamp, '{form}')", postgres=NONE)
        for column in ("ts", "dt"):
            yield Template("STRFTIME", class_of(column), f"STRFTIME({column}, '{form}')", postgres=NONE)
    for sql in (
        "CAST(stamp AS DATE) >= DATE '2024-01-31'",
        "CAST(stamp AS TIMESTAMP) < ts",
        "CAST(stamp AS TIMESTAMPTZ) = tz",
    ):
        yield Template("compare a cast", "text", sql)


OF_TEXTS = {
    **{f"{function}({{}})": None for function in ("LOWER", "UPPER", "TRIM", "LTRIM", "RTRIM", "LENGTH", "REVERSE")},
    **{"CHAR_LENGTH({})": None, "CHARACTER_LENGTH({})": None, "OCTET_LENGTH({})": NONE},
    **{"TRIM(BOTH 'a' FROM {})": None, "TRIM(LEADING '0' FROM {})": None, "TRIM(TRAILING 'd' FROM {})": None},
    **{"LTRIM({}, ' 0')": None, "RTRIM({}, 'd ')": None},
    **{
        "SUBSTR({}, 2, 3)": None,
        "SUBSTRING({} FROM 2 FOR 3)": None,
        "SUBSTRING({}, 2)": None,
        "SUBSTR({}, 0, 2)": None,
    },
    **{
        "SUBSTR({}, -2, 2)": None,
        "SUBSTR({}, 1, 0)": None,
        "LEFT({}, 2)": None,
        "RIGHT({}, 2)": None,
        "LEFT({}, -1)": None,
    },
    **{"RIGHT({}, -2)": None, "LEFT({}, 0)": None},
    **{f"SPLIT_PART({{}}, '-', {place})": None for place in (1, 2, 3, -1)},
    **{"REPLACE({}, 'a', 'xx')": None, "REPLACE({}, '', 'x')": None, "REPLACE({}, 'a', '')": None},
    **{"CONCAT({}, '-', word)": None, "{} || '-' || word": None, "CONCAT_WS('/', {}, NULL, 'x')": None},
    **{"STRPOS({}, 'a')": None, "POSITION('a' IN {})": None, "STRPOS({}, '')": None},
    **{"LPAD({}, 5, '0')": None, "RPAD({}, 5, 'ab')": None, "LPAD({}, 2, 'x')": None},
    **{
        "STARTS_WITH({}, 'pa')": None,
        "ENDS_WITH({}, 'd')": "RIGHT({}, 1) = 'd'",
        "CONTAINS({}, 'a')": "STRPOS({}, 'a') > 0",
    },
}


def texts() -> Iterator[Template]:
    for column, (sql, postgres) in itertools.product(("word", "num"), OF_TEXTS.items()):
        operator = sql.split("(")[0] if "(" in sql else "||"
        spelled = postgres if postgres in (None, NONE) else postgres.format(column)
        yield Template(operator, "text", sql.format(column), postgres=spelled)
    for sql in ("CONCAT(word, '-', i32)", "word || CAST(i32 AS VARCHAR)", "CONCAT(word, dt)", "LENGTH(word) + i8"):
        yield Template("CONCAT", "text, int", sql)
    for sql in (
        "UPPER('straße')",
        "LOWER(word) = 'paid'",
        "TRIM(num) = '42'",
        "COALESCE(NULLIF(TRIM(word), ''), 'none')",
    ):
        yield Template("texts", "text", sql)


PATTERNS = ("^[a-z]+$", "[0-9]+", "^$", "a|b", "^pa", "\\d+", "^\\s", "[äÜ]", "(?i)^PAID$")


def regular_expressions() -> Iterator[Template]:
    for column, pattern in itertools.product(("word", "num"), PATTERNS):
        matches = f"{column} ~ '{pattern}'"
        yield Template("~", "text", matches, duckdb=f"REGEXP_MATCHES({column}, '{pattern}')")
        yield Template("!~", "text", f"{column} !~ '{pattern}'", duckdb=f"NOT REGEXP_MATCHES({column}, '{pattern}')")
        yield Template("REGEXP_MATCHES", "text", f"REGEXP_MATCHES({column}, '{pattern}')", postgres=matches)
    for column in ("word", "num"):
        for sql, postgres in (
            ("REGEXP_REPLACE({}, '[0-9]+', '#')", None),
            ("REGEXP_REPLACE({}, '[a-z]', '', 'g')", None),
            ("REGEXP_REPLACE({}, '(.)-(.)', '\\2-\\1')", None),
            ("REGEXP_EXTRACT({}, '[0-9]+')", "COALESCE(SUBSTRING({} FROM '[0-9]+'), '')"),
            ("REGEXP_EXTRACT({}, '([0-9]+)\\.([0-9]+)', 2)", NONE),
        ):
            spelled = (
                postgres
                if postgres in (None, NONE)
                else f"CASE WHEN {column} IS NOT NULL THEN {postgres.format(column)} END"
            )
            yield Template(sql.split("(")[0], "text", sql.format(column), postgres=spelled)
        yield Template(
            "REGEXP_LIKE", "text", f"REGEXP_LIKE({column}, '^[a-z]+$')", duckdb=f"REGEXP_MATCHES({column}, '^[a-z]+$')"
        )


def constants() -> Iterator[Template]:
    """What names no column, beside one that does, so that there is a value a row."""
    for sql in (
        *(
            "7 / 2",
            "-7 // 2",
            "-7 % 4",
            "7.0 / 2",
            "1 / 3.0",
            "1e2",
            "0.1 + 0.2 = 0.3",
            "19.99 / 3 * 3",
            "ROUND(-0.125, 2)",
        ),
        *(
            "CAST('2.50' AS DECIMAL(10,2))",
            "CAST(2.5 AS INTEGER)",
            "CAST(-2.5 AS INTEGER)",
            "NULLIF(1, 1.0)",
            "1 IN (2, NULL)",
        ),
        *("CAST('1e3' AS DECIMAL(10,2))", "CAST(' 42 ' AS INTEGER)", "(NULL = 1) IS NOT TRUE", "TRUE AND NULL"),
        *("DATE '2024-01-31' + INTERVAL '1 month'", "DATE '2024-03-01' - DATE '2024-02-01'", "COALESCE(1, 2.5)"),
        *("TIMESTAMP '2024-03-10 02:30:00' AT TIME ZONE 'America/New_York'", "LENGTH('日本')", "'a' || 'b'"),
        *("TIMESTAMP '2024-11-03 01:30:00' AT TIME ZONE 'America/New_York'", "CAST(1.50 AS VARCHAR)", "2 * 3 + 4 * -1"),
    ):
        yield Template("constant", "lit", f"CASE WHEN id >= 0 THEN {sql} END")
