"""The shop's tables every night, as a Dagster asset with what run.json says of them."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path

import dagster as dg

KOHORT = os.environ.get("KOHORT", "kohort")
PIPELINE = Path(os.environ.get("KOHORT_PIPELINE", "/srv/shop/pipelines/nightly/shop.toml"))

# Neither a wrong pipeline file (2) nor data that fail their checks (3) get better by trying again.
HOPELESS = {2: "the pipeline file is wrong", 3: "the data fail a check; nothing was published"}
ALERTS = 4


@dg.asset(
    # A second try reuses what the first one read.
    retry_policy=dg.RetryPolicy(max_retries=2, delay=300),
    check_specs=[dg.AssetCheckSpec("rates_within_thresholds", asset="shop_tables")],
)
def shop_tables() -> dg.MaterializeResult:
    command = [KOHORT, "run", PIPELINE, "--wait", "--fail-on-alert", "--log-format", "json"]
    code = subprocess.run(command).returncode
    if code not in (0, ALERTS):
        reason = HOPELESS.get(code, "see its messages")
        raise dg.Failure(f"kohort ended with {code}: {reason}", allow_retries=code not in HOPELESS)
    output = PIPELINE.parent / tomllib.loads(PIPELINE.read_text())["outputs"]["path"]
    record = json.loads((output / "current/run.json").read_text())
    rates = dg.AssetCheckResult(
        check_name="rates_within_thresholds",
        passed=code == 0,
        severity=dg.AssetCheckSeverity.WARN,
    )
    return dg.MaterializeResult(
        data_version=dg.DataVersion(record["run_id"]),
        metadata=_metadata(record, output),
        check_results=[rates],
    )


def _metadata(record: dict, output: Path) -> dict:
    columns = [dg.TableColumn("name"), dg.TableColumn("rows", "int"), dg.TableColumn("bytes", "int")]
    tables = [dg.TableRecord({c.name: table[c.name] for c in columns}) for table in record["tables"]]
    read = {i["input"]: i["rows_read"] for i in record["inputs"]}
    rejected = {i["input"]: i["rejected"] for i in record["inputs"]}
    return {
        "run_id": record["run_id"],
        "as_of": record["as_of"],
        "folder": dg.MetadataValue.path(output / "runs" / record["run_id"]),
        "tables": dg.MetadataValue.table(tables, schema=dg.TableSchema(columns)),
        "rows_read": dg.MetadataValue.json(read),
        "rows_rejected": dg.MetadataValue.json(rejected),
        "seconds": sum(stage["seconds"] for stage in record["timings"]),
    }


every_night = dg.ScheduleDefinition(
    job=dg.define_asset_job("shop_tables_job", [shop_tables]),
    cron_schedule="0 2 * * *",
    execution_timezone="Europe/London",
)

defs = dg.Definitions(assets=[shop_tables], schedules=[every_night])
