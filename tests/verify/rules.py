"""Rules that the tables declare, as SQL over the recomputed tables.

The language of the rules is told in crates/checks/src/identities/rule.rs. Numbers that are compared as
floats may differ by what `compare` allows too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import duckdb

import declared
from compare import TOLERANCE, quoted, quoted_list
from inputs import text
from pipeline import Pipeline

COMPARISONS = ["=", "!=", "<=", "<", ">=", ">"]
INTEGERS = ("Int32", "Int64", "Decimal(38, scale)")

# Periods that follow each other, where a table does not declare another group.
BY_GRAIN = ["grain", "segment", "segment_value"]

ALWAYS = "true"


def broken(db: duckdb.DuckDBPyConnection, p: Pipeline) -> dict[str, int]:
    """How many rows break each rule about the tables that the pipeline can have."""
    tables = {name: Table(name) for name in p.offered}
    queries = {}
    for table in tables.values():
        known = [row[0] for row in db.execute(f"DESCRIBE {table.name}").fetchall()]
        queries |= _in_every_table(table, known) | _within(table, p.basis) | _segments(table, p.first_segments)
        queries |= _sums(table, tables, p.basis)
    return {rule: db.execute(f"SELECT count(*) FROM ({sql})").fetchall()[0][0] for rule, sql in queries.items()}


@dataclass(frozen=True)
class Table:
    """A table, whose rows follow each other in the order of its key."""

    name: str

    @cached_property
    def columns(self) -> dict[str, dict]:
        return declared.columns(self.name)

    @cached_property
    def identities(self) -> dict:
        return declared.tables()[self.name]["identities"]

    @cached_property
    def key(self) -> list[str]:
        return declared.key(self.name)

    def following(self, group: list[str]) -> str:
        """The window in which the next row is that which follows in the group."""
        order = ", ".join(f"{quoted(name)} NULLS FIRST" for name in self.key if name not in group)
        return f"(PARTITION BY {quoted_list(group)} ORDER BY {order})"

    def is_float(self, words: str) -> bool:
        names = (word.removeprefix("next.") for word in words.split())
        return any(self.columns.get(name, {}).get("type") == "Float64" for name in names)

    def sum(self, words: str, is_float: bool = False) -> str:
        """SQL for columns and numbers with + and - between them; of integers NULL counts as 0."""
        return " ".join(word if word in "+-" else self._term(word, is_float) for word in words.split())

    def _term(self, word: str, is_float: bool) -> str:
        name = word.removeprefix("next.")
        if name not in self.columns:
            return str(int(name))
        value = f"lead({quoted(name)}) OVER following" if word.startswith("next.") else quoted(name)
        return f"CAST({value} AS DOUBLE)" if is_float else f"coalesce(CAST({value} AS HUGEINT), 0)"

    def condition(self, words: str) -> str:
        for sign in COMPARISONS:
            left, found, right = words.partition(f" {sign} ")
            if found:
                is_float = self.is_float(left) or self.is_float(right)
                return _compared(self.sum(left, is_float), sign, self.sum(right, is_float), is_float)
        name, _, word = words.partition(" is ")
        is_not = word.startswith("not ")
        word = word.removeprefix("not ")
        if word == "set":
            return f"{quoted(name)} IS {'' if is_not else 'NOT '}NULL"
        return f"{quoted(name)} IS {'' if is_not else 'NOT '}DISTINCT FROM {text(word)}"

    def conditions(self, words: str) -> str:
        return " AND ".join(f"({self.condition(part)})" for part in words.split(" and ") if part) or ALWAYS


def _compared(left: str, sign: str, right: str, is_float: bool) -> str:
    if not is_float:
        return f"{left} {sign} {right}"
    near = f"abs(({left}) - ({right})) <= {TOLERANCE} * greatest(1, abs({left}), abs({right}))"
    exact = f"({left}) {sign} ({right})"
    # What is NULL is compared with nothing.
    return f"coalesce({exact} OR {near}, true)" if "=" in sign and sign != "!=" else f"coalesce({exact}, true)"


def _in_every_table(table: Table, known: list[str]) -> dict[str, str]:
    """Keys are unique and floats finite; of columns that a model makes nothing is `known`."""
    floats = [name for name, c in table.columns.items() if c["type"] == "Float64" and name in known]
    repeated = f"SELECT 1 FROM {table.name} GROUP BY {quoted_list(table.key)} HAVING count(*) > 1"
    rules = {f"{table.name}: one row for each key": repeated}
    if floats:
        infinite = " OR ".join(f"NOT isfinite({quoted(name)})" for name in floats)
        rules[f"{table.name}: floats are finite"] = f"FROM {table.name} WHERE {infinite}"
    return rules


def _within(table: Table, basis: str) -> dict[str, str]:
    """Rules about a row, or about a row and the one that follows it."""
    declared_rules = [(rule, table.identities["group"]) for rule in table.identities["rules"]]
    of_basis = table.identities["rules_of"]
    if of_basis and of_basis["history"] == basis:
        declared_rules += [(rule, BY_GRAIN) for rule in of_basis["rules"]]
    return {f"{table.name}: {rule}": _rule(table, rule, group) for rule, group in declared_rules}


def _rule(table: Table, rule: str, group: list[str]) -> str:
    """The rows that break a rule."""
    head, _, where = rule.partition(" where ")
    conditions = table.conditions(where)
    if head.endswith(" exactly"):
        return f"FROM {table.name} WHERE ({table.condition(head.removesuffix(' exactly'))}) <> ({conditions})"
    holds = table.condition(head)
    if "next." not in head:
        return f"FROM {table.name} WHERE ({conditions}) AND NOT ({holds})"
    return f"""
        FROM {table.name} WHERE {conditions} WINDOW following AS {table.following(group)}
        QUALIFY NOT ({holds}) AND count(*) OVER (following ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) = 1
    """


def _segments(table: Table, segments: list[str]) -> dict[str, str]:
    """Counts and money of the values of each segment add up to the overall rows."""
    where = table.identities["segments_add_up_where"]
    if where is None:
        return {}
    left_out = {*table.key, *table.identities["not_additive"]}
    numbers = [name for name, c in table.columns.items() if c["type"] in INTEGERS and name not in left_out]
    rest = [name for name in table.key if not name.startswith("segment")]
    values = "".join(f", CAST({quoted(name)} AS HUGEINT) AS {quoted(name)}" for name in numbers)
    total = "any_value({0}) FILTER (is_total)"
    parts = "coalesce(sum({0}) FILTER (NOT is_total), 0)"
    # A total that is NULL is compared with nothing.
    differs = "".join(f" OR coalesce({total} <> {parts}, false)".format(quoted(name)) for name in numbers)
    return {
        f"{table.name}: the values of segment {segment} add up to all": f"""
            SELECT 1 FROM (
                SELECT {quoted_list(rest)}, segment = 'all' AS is_total {values} FROM {table.name}
                WHERE segment IN ('all', {text(segment)}) AND {table.conditions(where)}
            ) GROUP BY {quoted_list(rest)} HAVING count(*) FILTER (is_total) <> 1 {differs}
        """
        for segment in segments
    }


def _sums(table: Table, tables: dict[str, Table], basis: str) -> dict[str, str]:
    """Totals in one table and what adds up to them, in the same or in another one."""
    rules = {}
    for sums in table.identities["sums"]:
        parts = tables.get(sums["parts"]["table"] or table.name)
        if parts is None or sums["history"] not in (None, basis):
            continue
        for total, part in sums["columns"]:
            at, over = (f" where {words}" if words else "" for words in (sums["where"], sums["parts"]["where"]))
            words = f"{table.name}: {total}{at} {sums['compare']} sum({parts.name}: {part}{over})"
            rules[words] = _sum(table, parts, sums, total, part)
    return rules


def _sum(table: Table, parts: Table, sums: dict, total: str, part: str) -> str:
    """The totals that their parts do not add up to and, where every part has a total, parts without one."""
    by, part_by = sums["by"], sums["parts"]["by"]
    on = " AND ".join(f"t.{quoted(a)} IS NOT DISTINCT FROM p.{quoted(b)}" for a, b in zip(by, part_by, strict=True))
    has_next = "next." in total
    following = "count(*) OVER (following ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) = 1" if has_next else ALWAYS
    lone = "OR (NOT coalesce(is_total, false) AND part <> 0)" if sums["is_complete"] else ""
    compared = ALWAYS if sums["is_complete"] else "is_part"
    return f"""
        WITH totals AS (
            SELECT {quoted_list(by)}, {table.sum(total)} AS total, true AS is_total, {following} AS is_compared
            FROM {table.name} WHERE {table.conditions(sums["where"])}
            WINDOW following AS {table.following(BY_GRAIN)}
        ),
        parts AS (
            SELECT {quoted_list(part_by)}, sum({parts.sum(part)}) AS part, true AS is_part
            FROM {parts.name} WHERE {parts.conditions(sums["parts"]["where"])} GROUP BY {quoted_list(part_by)}
        )
        SELECT 1 FROM totals t FULL JOIN parts p ON {on}
        WHERE (is_total AND is_compared AND {compared} AND NOT (total {sums["compare"]} coalesce(part, 0))) {lone}
    """
