"""The shop's tables every night, as an Airflow DAG of three tasks.

`run` calls kohort, whose messages are in the task's log, and hands on what run.json says. Where a rate
is beyond its threshold, which kohort says with exit code 4, `alarm` lets `tell` go ahead.
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.exceptions import AirflowException, AirflowFailException
from airflow.sdk import dag, task

KOHORT = os.environ.get("KOHORT", "kohort")
PIPELINE = Path(os.environ.get("KOHORT_PIPELINE", "/srv/shop/pipelines/nightly/shop.toml"))

# Neither a wrong pipeline file (2) nor data that fail their checks (3) get better by trying again.
HOPELESS = {2: "the pipeline file is wrong", 3: "the data fail a check; nothing was published"}
ALERTS = 4


@dag(
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2025, 1, 1, tz="Europe/London"),
    catchup=False,
    max_active_runs=1,
)
def shop_tables():
    # A second try reuses what the first one read.
    @task(retries=2, retry_delay=timedelta(minutes=5))
    def run() -> dict:
        command = [KOHORT, "run", PIPELINE, "--wait", "--fail-on-alert", "--log-format", "json"]
        with subprocess.Popen(command) as kohort:
            try:
                code = kohort.wait()
            except BaseException:
                kohort.terminate()  # a task that is cleared; kohort ends within two seconds
                raise
        if code in HOPELESS:
            raise AirflowFailException(f"kohort ended with {code}: {HOPELESS[code]}")
        if code not in (0, ALERTS):
            raise AirflowException(f"kohort ended with {code}")
        record = json.loads((_output() / "current/run.json").read_text())
        rows = {table["name"]: table["rows"] for table in record["tables"]}
        return {"run_id": record["run_id"], "as_of": record["as_of"], "rows": rows, "alerts": code == ALERTS}

    @task.short_circuit
    def alarm(done: dict) -> bool:
        return done["alerts"]

    @task
    def tell(done: dict) -> None:
        # Send it to whoever is on duty.
        print(f"rates beyond their threshold in {_output()}/runs/{done['run_id']}/alerts.parquet")

    done = run()
    alarm(done) >> tell(done)


def _output() -> Path:
    """The folder that the pipeline publishes to."""
    return PIPELINE.parent / tomllib.loads(PIPELINE.read_text())["outputs"]["path"]


DAG = shop_tables()
