"""Tables as the binary under test declares them: `kohort schema --format json`, asked once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

# Whether a pipeline has an input or, with a column, maps that column of it.
Has = Callable[[str, str | None], bool]

_binary: list[Path] = []


def ask(kohort: Path) -> None:
    """Names the binary whose declarations count in this process."""
    _binary[:] = [kohort]
    tables.cache_clear()


@cache
def tables() -> dict[str, dict]:
    """Each table that a run recomputes, in the order in which a run lists them.

    Not what a run says of the checks that a pipeline declares: those are of its rows, not of customers.
    """
    if not _binary:
        raise RuntimeError("no binary to ask for its tables: call declared.ask first")
    done = subprocess.run([*_binary, "schema", "--format", "json"], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)["tables"]
    return {table["name"]: table for table in found if table["written"] != "with checks"}


def key(table: str) -> list[str]:
    return tables()[table]["key"]


def columns(table: str) -> dict[str, dict]:
    """The columns of a table by name, in their order."""
    return {column["name"]: column for column in tables()[table]["columns"]}


def with_customers() -> list[str]:
    """The tables with a row for each customer: they get a column for each segment of `at = "first"`."""
    return [table for table in tables() if "customer_id" in key(table)]


def offered(has: Has) -> list[str]:
    """The tables that a pipeline can have."""
    has_history = has("orders", None) or has("subscriptions", None)
    may_be_made = {name: table for name, table in tables().items() if has_history or not table["needs_history"]}
    return [name for name, table in may_be_made.items() if _is_met(table["requires"], has)]


def by_default(has: Has) -> list[str]:
    """The tables that a pipeline has which does not name any."""
    return [name for name in offered(has) if _is_written(tables()[name]["written"], has)]


def uses(table: str, name: str, has: Has) -> bool:
    """Whether the input is one of those of which the table requires one."""
    return any(source["input"] == name and has(name, source.get("column")) for source in tables()[table]["requires"])


def _is_written(written: str | dict, has: Has) -> bool:
    return _is_met(written["where"], has) if isinstance(written, dict) else written == "by default"


def _is_met(requires: list[dict], has: Has) -> bool:
    """One of the sources has to be there; of none, nothing."""
    return not requires or any(has(source["input"], source.get("column")) for source in requires)
