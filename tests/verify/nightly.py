"""Judge of nightly runs: runs the examples of pipelines/nightly and checks what other programs read of a run.

Usage: python nightly.py --kohort BINARY

run.json is held against its schema, lineage events against OpenLineage's own classes, metrics
against Prometheus' parser. The line for cron, the units for systemd, the Airflow DAG and the Dagster
asset are executed on a small sample, each also where data fail a check and where a rate is beyond its
threshold. The last line says whether all of it is as it should be.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jsonschema
from prometheus_client.parser import text_string_to_metric_families

import events

REPOSITORY = Path(__file__).resolve().parents[2]

# Settings that change how a run of the sample ends, in place of what the pipeline file has.
ENDINGS = {
    # The sample's churn is above the threshold of the example.
    "alert": {},
    "calm": {"above = 0.1": "above = 1.0"},
    "refused": {'completed = ["completed", "refunded"]': 'completed = ["refunded"]'},
}


class Shop:
    """A copy of the examples with a small sample, where paths are as in the repository."""

    def __init__(self, folder: Path, kohort: Path) -> None:
        self.folder, self.kohort = folder, kohort
        self.examples = folder / "pipelines/nightly"
        self.output = folder / "data/out/nightly"
        self.pipeline = self.examples / "shop.toml"
        shutil.copytree(REPOSITORY / "pipelines/nightly", self.examples)
        sample = [kohort, "sample", folder / "data/sample", "--customers", "2000", "--quiet"]
        subprocess.run(sample, check=True)

    def tables(self) -> list[str]:
        """The tables that the pipeline file asks for."""
        return tomllib.loads(self.pipeline.read_text())["outputs"]["tables"]

    def ending(self, name: str) -> Path:
        """The pipeline file whose run ends like this, with an output of its own."""
        text = self.pipeline.read_text().replace("data/out/nightly", f"data/out/{name}")
        for old, new in ENDINGS[name].items():
            assert old in text, old
            text = text.replace(old, new)
        file = self.examples / f"{name}.toml"
        file.write_text(text)
        return file

    def run(self, *arguments: str | Path, expected: int = 0) -> list[dict]:
        """Runs the pipeline; gives the lines of its log."""
        command = [self.kohort, "run", self.pipeline, "--log-format", "json", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        check(done.returncode == expected, f"{arguments} ended with {done.returncode}: {done.stderr}")
        return [json.loads(line) for line in done.stderr.splitlines()]

    def record(self) -> dict:
        return json.loads((self.output / "current/run.json").read_text())

    def lineage(self) -> list[dict]:
        return [json.loads(line) for line in (self.output / "lineage.jsonl").read_text().splitlines()]

    def metrics(self) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
        """Value of each metric by its labels, `pipeline` aside, which is the same everywhere."""
        families = list(text_string_to_metric_families((self.output / "shop.prom").read_text()))
        found: dict[str, dict] = {}
        for family in families:
            check(family.type == "gauge" and family.documentation, f"{family.name} says what it is")
            for sample in family.samples:
                labels = dict(sample.labels)
                check(labels.pop("pipeline", None) == "shop", f"{sample} is of the pipeline")
                values = found.setdefault(sample.name, {})
                check(tuple(labels.items()) not in values, f"{sample} is there once")
                values[tuple(labels.items())] = sample.value
        return found


class Wrong(Exception):
    """Something is not as it should be."""


def check(good: object, what: str) -> None:
    if not good:
        raise Wrong(what)


def same(found: object, expected: object, what: str) -> None:
    check(found == expected, f"{what}: found {found!r}, expected {expected!r}")


def cron(shop: Shop) -> None:
    """The line for cron makes the tables, and each line of its log says of which run it is."""
    settings, line = {}, ""
    for text in (shop.examples / "crontab").read_text().splitlines():
        if "=" in text.split(" ")[0] and not text.startswith("#"):
            name, value = text.split("=", 1)
            settings[name] = value
        elif text and not text.startswith("#"):
            line = text
    minute, hour, *rest, command = line.split(" ", 5)
    same([minute, hour, *rest], ["0", "2", "*", "*", "*"], "the time of the line for cron")
    same(sorted(settings), ["KOHORT", "SHOP"], "settings of the crontab")
    # cron starts jobs with next to no environment.
    environment = {"PATH": "/usr/bin:/bin", "KOHORT": str(shop.kohort), "SHOP": str(shop.folder)}
    done = subprocess.run(["/bin/sh", "-c", command], env=environment, capture_output=True, text=True)
    same((done.returncode, done.stdout, done.stderr), (0, "", ""), "the line for cron")
    for table in shop.tables():
        check((shop.output / f"current/{table}.parquet").exists(), f"{table} is published")
    log = [json.loads(line) for line in (shop.folder / "data/nightly.log").read_text().splitlines()]
    run_id = shop.record()["run_id"]
    for message in log:
        same((message.get("run_id"), message.get("pipeline")), (run_id, "shop"), f"{message}")
    check(log[-1]["message"] == "run finished", "the last message says that the run is finished")


def record(shop: Shop) -> None:
    """run.json is as its schema says."""
    printed = subprocess.run([shop.kohort, "schema", "run.json"], check=True, capture_output=True, text=True)
    schema = json.loads(printed.stdout)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    validator = validator(schema, format_checker=validator.FORMAT_CHECKER)
    record = shop.record()
    wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(record)]
    same(wrong, [], "run.json against its schema")
    same(sorted(record), sorted(schema["properties"]), "properties of run.json")


def lineage(shop: Shop) -> None:
    """What was read and written is told in events that OpenLineage knows."""
    told = shop.lineage()
    for event in told:
        same(events.faults(event), [], "an event")
    start, complete = told[-2:]
    same((start["eventType"], complete["eventType"]), ("START", "COMPLETE"), "the events of a run")
    same(start["run"]["runId"], complete["run"]["runId"], "the id of a run")
    same((complete["job"]["namespace"], complete["job"]["name"]), ("warehouse", "shop"), "the job")
    record = shop.record()
    (orders,) = complete["inputs"]
    same((orders["namespace"], orders["name"]), ("file", str(shop.folder / "data/sample/orders")), "the input")
    read = {key: orders["inputFacets"]["inputStatistics"][key] for key in ("rowCount", "size", "fileCount")}
    (recorded,) = record["inputs"]
    files = [file for file in recorded["files"] if file["rows_read"] > 0]
    size = sum(file["bytes"] for file in files)
    expected = {"rowCount": recorded["rows_read"], "size": size, "fileCount": len(files)}
    same(read, expected, "what was read")
    columns = {field["name"]: field["description"] for field in orders["facets"]["schema"]["fields"]}
    check(columns["customer_id"] == "customer_id" and "amount" in columns, "the columns of the input")
    outputs = {output["name"]: output for output in complete["outputs"]}
    current = shop.output / "current"
    same(sorted(outputs), sorted(str(current / f"{table}.parquet") for table in shop.tables()), "the outputs")
    for table in record["tables"]:
        output = outputs[str(current / f"{table['name']}.parquet")]
        written = output["outputFacets"]["outputStatistics"]
        same((written["rowCount"], written["size"]), (table["rows"], table["bytes"]), f"what was written to {output}")
        same(output["facets"]["version"]["datasetVersion"], record["run_id"], "the version of an output")
        check(output["facets"]["schema"]["fields"], f"{table['name']} has columns")


def metrics(shop: Shop) -> None:
    """Metrics say what run.json says."""
    found, record = shop.metrics(), shop.record()
    same(found["kohort_run_success"], {(): 1}, "success")
    same(found["kohort_run_timestamp_seconds"], found["kohort_run_last_success_timestamp_seconds"], "the time")
    rows = {(("table", table["name"]),): table["rows"] for table in record["tables"]}
    same(found["kohort_table_rows"], rows, "rows of tables")
    stages = {(("stage", stage["stage"]),) for stage in record["timings"]}
    same(set(found["kohort_run_duration_seconds"]), stages, "stages")
    rows = {(("input", i["input"]),): sum(file["rows"] for file in i["files"]) for i in record["inputs"]}
    same(found["kohort_input_rows"], rows, "rows of inputs")
    read = {(("input", i["input"]),): i["rows_read"] for i in record["inputs"]}
    same(found["kohort_input_rows_read"], read, "rows of inputs that were read")


def unchanged(shop: Shop) -> None:
    """A run that has nothing to do says so, and is told of all the same."""
    # What an order of tomorrow is worth changes by itself.
    settings = ("--set", "inputs.orders.where=ordered_at < DATE '2025-06-01'")
    shop.run(*settings)
    before, current = shop.metrics(), os.readlink(shop.output / "current")
    told = len(shop.lineage())
    log = shop.run(*settings)
    same(os.readlink(shop.output / "current"), current, "the current run")
    same([event["eventType"] for event in shop.lineage()[told:]], ["START", "COMPLETE"], "the events")
    same([events.faults(event) for event in shop.lineage()[told:]], [[], []], "the events")
    after = shop.metrics()
    moment = "kohort_run_timestamp_seconds"
    check(after[moment][()] > before[moment][()], "the time of the run is a new one")
    same(after["kohort_table_rows"], before["kohort_table_rows"], "rows of tables")
    same(set(after["kohort_input_rows_read"].values()), {0}, "rows that were read")
    same({message.get("pipeline") for message in log}, {"shop"}, "the pipeline in the log")
    check("nothing has changed" in [message["message"] for message in log], f"{log} says so")


def failure(shop: Shop) -> None:
    """A run that fails is told of, and when the last one did not is still known."""
    before, told = shop.metrics(), len(shop.lineage())
    shop.run("--set", "inputs.orders.amount=price_of_nobody", expected=2)
    start, fail = shop.lineage()[told:]
    same((start["eventType"], fail["eventType"]), ("START", "FAIL"), "the events")
    same(events.faults(fail), [], "the event")
    check("price_of_nobody" in fail["run"]["facets"]["errorMessage"]["message"], "the event says what failed")
    after = shop.metrics()
    same(after["kohort_run_success"], {(): 0}, "success")
    last = "kohort_run_last_success_timestamp_seconds"
    same(after[last], before[last], "the last success")
    check("kohort_table_rows" not in after, "a failed run has no tables")


def stopped(shop: Shop) -> None:
    """A run that is told to end is told to have failed."""
    told = len(shop.lineage())
    command = [shop.kohort, "run", shop.pipeline, "--full-refresh", "--quiet"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as kohort:
        while len(shop.lineage()) == told and kohort.poll() is None:
            time.sleep(0.005)
        kohort.terminate()
    same(kohort.returncode, 143, "how a run ends that is told to")
    start, fail = shop.lineage()[told:]
    same((start["eventType"], fail["eventType"]), ("START", "FAIL"), "the events")
    same(events.faults(fail), [], "the event")
    same(shop.metrics()["kohort_run_success"], {(): 0}, "success")


def endpoint(shop: Shop) -> None:
    """Events are posted to an address; one that does not take them does not fail the run."""
    posted: list[tuple[str, str, dict]] = []

    class Catalogue(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            posted.append((self.path, self.headers["content-type"], json.loads(body)))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    output = shop.folder / "data/out/endpoint"
    with HTTPServer(("127.0.0.1", 0), Catalogue) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://user:hush@127.0.0.1:{server.server_port}/api/v1/lineage"
        log = shop.run("--output", output, "--set", f"records.lineage={address}")
        server.shutdown()
    check("hush" not in json.dumps(log), "nobody sees the password")
    same([path for path, *_ in posted], ["/api/v1/lineage"] * 2, "where events are posted")
    same({kind for _, kind, _ in posted}, {"application/json"}, "how events are posted")
    same([event["eventType"] for *_, event in posted], ["START", "COMPLETE"], "the events")
    same([events.faults(event) for *_, event in posted], [[], []], "the events")
    # Nobody listens there any more.
    log = shop.run("--output", output, "--set", f"records.lineage={address}")
    warnings = [message["message"] for message in log if message["level"] == "WARN"]
    same(len(warnings), 2, f"warnings in {log}")
    check("127.0.0.1" in warnings[0] and "hush" not in str(warnings), f"{warnings} name the address alone")


def systemd(shop: Shop) -> None:
    """systemd takes the units, and the service's command makes the tables."""
    units = shop.folder / "units"
    units.mkdir()
    for name in ("kohort.service", "kohort.timer"):
        text = (shop.examples / name).read_text()
        text = text.replace("/usr/local/bin/kohort", str(shop.kohort)).replace("/srv/shop", str(shop.folder))
        (units / name).write_text(text)
    if shutil.which("systemd-analyze"):
        verify = ["systemd-analyze", "verify", units / "kohort.service", units / "kohort.timer"]
        done = subprocess.run(verify, capture_output=True, text=True)
        same((done.returncode, done.stderr), (0, ""), "systemd-analyze verify")
    else:
        print("nightly systemd-analyze is not there: the units are not verified")
    (command,) = (
        line.removeprefix("ExecStart=")
        for line in (units / "kohort.service").read_text().splitlines()
        if line.startswith("ExecStart=")
    )
    shutil.rmtree(shop.output)
    done = subprocess.run(shlex.split(command), cwd=shop.folder, capture_output=True, text=True)
    # The sample's churn is beyond the threshold.
    same(done.returncode, 4, f"the service's command, which said {done.stderr}")
    check((shop.output / "current/alerts.parquet").exists(), "alerts are published")


def python(shop: Shop, program: str, pipeline: Path, **environment: str) -> dict:
    """Runs a Python program beside the examples; gives the JSON of its last line."""
    environment = os.environ | environment | {"KOHORT": str(shop.kohort), "KOHORT_PIPELINE": str(pipeline)}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(shop.examples)!r})\n{program}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    same(done.returncode, 0, f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


AIRFLOW = """
import json
from airflow_dag import DAG
done = DAG.test()
tries = {task.task_id: [task.state, task.try_number] for task in done.get_task_instances()}
print(json.dumps({"state": done.state, "tasks": tries}))
"""


def airflow(shop: Shop) -> None:
    """The DAG publishes, tells of alerts, and does not try again what is hopeless."""
    home = {
        "AIRFLOW_HOME": str(shop.folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(shop.examples),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
    subprocess.run(migrate, env=os.environ | home, check=True, capture_output=True)
    for ending, state, tasks in [
        ("alert", "success", {"run": "success", "alarm": "success", "tell": "success"}),
        ("calm", "success", {"run": "success", "alarm": "success", "tell": "skipped"}),
        ("refused", "failed", {"run": "failed", "alarm": "upstream_failed", "tell": "upstream_failed"}),
    ]:
        done = python(shop, AIRFLOW, shop.ending(ending), **home)
        same(done["state"], state, f"Airflow's run with {ending}: {done}")
        same({task: found for task, (found, _) in done["tasks"].items()}, tasks, f"tasks with {ending}")
        check(done["tasks"]["run"][1] <= 1, f"{done} was tried once")
        published = (shop.folder / f"data/out/{ending}/current/scorecard.parquet").exists()
        same(published, ending != "refused", f"whether tables are published with {ending}")


DAGSTER = """
import json
import dagster as dg
from dagster_asset import defs, shop_tables
defs.resolve_all_job_defs()
done = dg.materialize([shop_tables], raise_on_error=False)
told = {}
for made in done.asset_materializations_for_node("shop_tables"):
    told = {name: getattr(value, "value", None) for name, value in made.metadata.items()}
    told["tables"] = [record.data for record in made.metadata["tables"].records]
checks = [check.passed for check in done.get_asset_check_evaluations()]
retries = sum(event.is_step_up_for_retry for event in done.all_events)
print(json.dumps({"success": done.success, "told": told, "checks": checks, "retries": retries}, default=str))
"""


def dagster(shop: Shop) -> None:
    """The asset has what run.json says, and its check fails where a rate is beyond its threshold."""
    home = {"DAGSTER_HOME": "", "DAGSTER_DISABLE_TELEMETRY": "1"}
    for ending, success, checks in [
        ("alert", True, [False]),
        ("calm", True, [True]),
        ("refused", False, []),
    ]:
        output = shop.folder / f"data/out/{ending}"
        shutil.rmtree(output, ignore_errors=True)
        done = python(shop, DAGSTER, shop.ending(ending), **home)
        same((done["success"], done["checks"], done["retries"]), (success, checks, 0), f"Dagster's run with {ending}")
        if success:
            record = json.loads((output / "current/run.json").read_text())
            same(done["told"]["run_id"], record["run_id"], "the run in the metadata")
            tables = [{key: table[key] for key in ("name", "rows", "bytes")} for table in record["tables"]]
            same(done["told"]["tables"], tables, "the tables in the metadata")
        same((output / "current").exists(), success, f"whether tables are published with {ending}")


CASES: list[Callable[[Shop], None]] = [
    *(cron, record, lineage, metrics, unchanged, failure, stopped, endpoint, systemd, airflow, dagster),
]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    return parser.parse_args()


def failures(shop: Shop) -> Iterator[str]:
    """Names of the cases that went wrong; prints what each found."""
    for case in CASES:
        try:
            case(shop)
            print(f"nightly {case.__name__} ok")
        except Wrong as wrong:
            print(f"nightly {case.__name__} DIFFERS\n    {wrong}")
            yield case.__name__


def main() -> int:
    kohort = arguments().kohort.resolve()
    with tempfile.TemporaryDirectory(prefix="kohort-nightly-") as folder:
        failed = list(failures(Shop(Path(folder), kohort)))
    if failed:
        print(f"differs: {', '.join(failed)}")
        return 1
    print(f"all {len(CASES)} cases agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
