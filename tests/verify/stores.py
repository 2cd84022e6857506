"""Pipelines over objects: of an S3-compatible server (moto) and of a web server.

Usage: python stores.py --kohort BINARY [--case NAME]...

Between the command and the server stands a proxy that injects faults: throttling, connections that
are cut, a pointer that can't be written. What is read from a store has to give the tables that the
same files give on a disk, value for value; what is published to a store has to be the whole run or
the one before; and no credential may appear in anything that the command says or writes.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from moto.server import ThreadedMotoServer

from store_proxy import CONDITIONS, POINTER, SECRET, Fault, Proxy, Request, answered, refused, throttled

BUCKET = "shop"
ATTEMPTS = 4

PIPELINE = """
name = "stores"
[customers]
lapse_after_days = 40
[inputs.orders]
path = {paths}
customer_id = "customer"
order_id = "id"
ordered_at = "at"
amount = "amount"
{more}
[outputs]
path = {output}
tables = ["cohort_retention", "customer_retention", "revenue_churn"]
"""


@dataclass
class Run:
    code: int
    text: str


@dataclass
class Shop:
    """A folder and a bucket with the same orders, and the command."""

    kohort: Path
    folder: Path
    proxy: Proxy
    s3: object

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    def get(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def pipeline(self, paths: str | list[str], output: str, more: str = "") -> Path:
        file = self.folder / f"pipeline-{len(list(self.folder.glob('pipeline-*')))}.toml"
        file.write_text(PIPELINE.format(paths=json.dumps(paths), output=json.dumps(output), more=more))
        return file

    def command(self, *arguments: str | Path, environment: dict[str, str] | None = None) -> Run:
        """Runs kohort; whatever it says must be free of the credentials."""
        variables = {
            "AWS_ACCESS_KEY_ID": "AKIA" + SECRET,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": "token" + SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.proxy.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_MAX_ATTEMPTS": str(ATTEMPTS),
            "AWS_TIMEOUT": "120s",
            **(environment or {}),
        }
        ended = subprocess.run(
            [self.kohort, *map(str, arguments)],
            env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        expect(SECRET not in ended.stdout, f"a credential is in {ended.stdout}")
        return Run(ended.returncode, ended.stdout)

    def run(self, paths: str | list[str], output: str, *arguments: str, more: str = "") -> Run:
        return self.command("run", self.pipeline(paths, output, more), *arguments)

    @contextmanager
    def faults(self, *faults: Fault) -> Iterator[None]:
        self.proxy.faults = list(faults)
        yield
        self.proxy.faults = []
        for fault in faults:
            expect(fault.seen > 0, "a fault was never met")

    def expected(self, paths: str | list[str], more: str = "") -> dict[str, str]:
        """The digests of the tables of the same files on this machine."""
        output = self.folder / f"local-{len(list(self.folder.glob('local-*')))}"
        run = self.run(paths, str(output), more=more)
        expect(run.code == 0, f"the run over local files failed: {run.text}")
        return digests((output / "current/run.json").read_text())

    def new_output(self) -> Path:
        return self.folder / f"out-{len(list(self.folder.glob('out-*')))}"


class Differs(Exception):
    pass


def expect(holds: bool, text: str) -> None:
    if not holds:
        raise Differs(text)


def equal(found: object, wanted: object, what: str) -> None:
    expect(found == wanted, f"{what} is {found}, expected {wanted}")


def digests(record: str) -> dict[str, str]:
    return {table["name"]: table["digest"] for table in json.loads(record)["tables"]}


def fails(run: Run, code: int, *parts: str) -> None:
    equal(run.code, code, f"the exit code of {run.text!r}")
    for part in parts:
        expect(part in run.text, f"{part!r} is not in {run.text!r}")


def orders(month: int, rows: int = 3000, note: int = 40) -> bytes:
    """Orders of a month in several row groups, one without a customer, and a column that nobody needs."""
    random = np.random.default_rng(month)
    day = np.datetime64(f"2024-{month:02d}-01") + random.integers(0, 28, rows)
    table = pa.table(
        {
            "id": np.arange(rows) + month * rows,
            "note": [random.bytes(note) for _ in range(rows)],
            "customer": pa.array(random.integers(1, 900, rows), mask=np.arange(rows) == rows // 2),
            "at": day,
            "amount": pa.array(np.round(random.gamma(2.0, 20.0, rows), 2)),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=rows // 4, compression="zstd")
    return file.getvalue()


def read_as_local(shop: Shop, paths: str | list[str], local: str | list[str], more: str = "") -> Path:
    output = shop.new_output()
    run = shop.run(paths, str(output), more=more)
    expect(run.code == 0, f"the run failed: {run.text}")
    equal(digests((output / "current/run.json").read_text()), shop.expected(local, more), "the tables")
    return output


def inputs(shop: Shop) -> None:
    """A folder, patterns, single objects and a list give what local files give."""
    local = str(shop.folder / "orders")
    first, second = (f"month={m}/orders.parquet" for m in (1, 2))
    for path, same in [
        (f"s3://{BUCKET}/orders/", local),
        (f"s3://{BUCKET}/orders", local),
        (f"s3a://{BUCKET}/orders/month=*/*.parquet", local),
        (f"s3://{BUCKET}/orders/month=[12]", [f"{local}/{first}", f"{local}/{second}"]),
        (f"s3://{BUCKET}/orders/{first}", f"{local}/{first}"),
        ([f"s3://{BUCKET}/orders/{first}", f"{local}/{second}"], [f"{local}/{first}", f"{local}/{second}"]),
        (f"{shop.proxy.url}/{BUCKET}/orders/{first}", f"{local}/{first}"),
    ]:
        read_as_local(shop, path, same)


def folders(shop: Shop) -> None:
    """Folders key=value are columns; repeated rows are found across objects; bad rows are shown."""
    local, url = str(shop.folder / "orders"), f"s3://{BUCKET}/orders/"
    read_as_local(shop, url, local, 'where = "\\"month\\" <= 3"')
    read_as_local(shop, url, local, 'where = "\\"month\\" <= 2 AND amount > 30"\ndeduplicate = true')
    output = read_as_local(shop, url, local, 'where = "amount > 1"')
    record = json.loads((output / "current/run.json").read_text())
    equal(sum(record["inputs"][0]["rejected"].values()), 4, "the number of rejected rows")


def columns(shop: Shop) -> None:
    """Only the bytes of the columns that are needed are fetched, and none of unchanged objects."""
    wide = orders(5, note=1600)
    shop.put("wide/orders.parquet", wide)
    output = shop.new_output()
    file = shop.pipeline(f"s3://{BUCKET}/wide/", str(output))
    shop.proxy.answers.clear()
    expect(shop.command("run", file).code == 0, "the run failed")
    fetched = sum(length for method, path, length in shop.proxy.answers if method == "GET" and ".parquet" in path)
    expect(fetched < len(wide) / 10, f"{fetched} bytes were fetched of {len(wide)}")
    first = os.readlink(output / "current")
    shop.proxy.answers.clear()
    expect(shop.command("run", file).code == 0, "the second run failed")
    again = sum(length for method, path, length in shop.proxy.answers if method == "GET" and ".parquet" in path)
    equal(os.readlink(output / "current"), first, "the current run after unchanged objects")
    expect(again < len(wide) / 50, f"{again} bytes were fetched again")


def faulty_reads(shop: Shop) -> None:
    """Throttling and cut connections are survived."""
    local, url = str(shop.folder / "orders"), f"s3://{BUCKET}/orders/"
    web = f"{shop.proxy.url}/{BUCKET}/orders/month=1/orders.parquet"
    every = lambda _: True  # noqa: E731
    for fault in [
        Fault(every, times=3, answer=throttled(503)),
        Fault(every, times=3, answer=throttled(429)),
        Fault(Request.gets_data, times=5, answer=throttled(503)),
        Fault(Request.gets_data, times=3, cut=0.5),
        Fault(lambda request: request.method == "GET", times=2, cut=0.0),
    ]:
        with shop.faults(fault):
            read_as_local(shop, url, local)
    with shop.faults(Fault(Request.gets_data, times=2, cut=0.9)):
        read_as_local(shop, web, f"{local}/month=1/orders.parquet")


def failing_reads(shop: Shop) -> None:
    """What stays wrong ends the run with an error that says what and where, and nothing secret."""
    url = f"s3://{BUCKET}/orders/"
    busy = Fault(Request.gets_data, answer=throttled(503))
    cut = Fault(Request.gets_data, cut=0.5)
    signature = Fault(
        lambda _: True, answer=lambda request: refused(request.headers.get("Authorization", "none"))
    )
    for fault, parts in [
        (busy, ("orders.parquet", "503", "SlowDown", f"after {ATTEMPTS - 1} retries")),
        (cut, ("orders.parquet",)),
        (signature, (f"s3://{BUCKET}/orders", "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY")),
    ]:
        with shop.faults(fault):
            output = shop.new_output()
            run = shop.run(url, str(output))
        fails(run, 1, *parts)
        expect("StringToSign" not in run.text and "Signature=" not in run.text, f"too much is in {run.text!r}")
        expect(not (output / "current").exists(), "a failed run was published")

    def replace() -> None:
        shop.put("moving/orders.parquet", orders(9))

    shop.put("moving/orders.parquet", orders(8))
    reads = {"n": 0}

    def second_read(request: Request) -> bool:
        reads["n"] += request.gets_data() and "moving" in request.path
        return reads["n"] == 2 and "moving" in request.path

    with shop.faults(Fault(second_read, times=1, before=replace)):
        run = shop.run(f"s3://{BUCKET}/moving/", str(shop.new_output()))
    fails(run, 1, "moving/orders.parquet", "changed while it was read")


def mistakes(shop: Shop) -> None:
    """Wrong URLs are told from missing objects, and nothing secret is repeated."""
    output = str(shop.new_output())
    for path, code, parts in [
        (f"s3://{BUCKET}/nothing/", 1, ("no Parquet file matches", "nothing")),
        (f"s3://{BUCKET}/nothing/*.parquet", 1, ("no Parquet file matches",)),
        (f"{shop.proxy.url}/{BUCKET}/nothing.parquet", 1, ("no Parquet file matches",)),
        ("s3://no-such-bucket/orders/", 1, ("no-such-bucket",)),
        (f"{shop.proxy.url}/{BUCKET}/orders/", 2, ("can't be listed",)),
        (f"{shop.proxy.url}/{BUCKET}/orders/*.parquet", 2, ("can't be listed",)),
        (f"s3://me:{SECRET}@{BUCKET}/orders/", 2, ("AWS_SECRET_ACCESS_KEY",)),
        (f"s3://{BUCKET}/orders.parquet?X-Amz-Signature={SECRET}", 2, ("AWS_SECRET_ACCESS_KEY",)),
        (f"{shop.proxy.url}/{BUCKET}/a.parquet?token={SECRET}", 2, ("query",)),
    ]:
        fails(shop.run(path, output), code, *parts)
    bad = f"s3://me:{SECRET}@{BUCKET}/out"
    fails(shop.run(str(shop.folder / "orders"), bad), 2, "AWS_SECRET_ACCESS_KEY")
    file = shop.pipeline(f"s3://{BUCKET}/orders/", output)
    fails(shop.command("run", file, "--output", bad), 2, "AWS_SECRET_ACCESS_KEY")
    fails(shop.command("run", file, environment={"AWS_ALLOW_HTTP": "false"}), 1, "AWS_ALLOW_HTTP")
    fails(shop.command("run", file, environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}), 1, "refused")


def published(shop: Shop, output: str) -> str:
    """The run that readers see."""
    return json.loads(shop.get(f"{output}/{POINTER}"))["run_id"]


def outputs(shop: Shop) -> None:
    """A run is published whole and read again; unchanged inputs publish nothing; old runs go."""
    local = str(shop.folder / "orders")
    url = f"s3://{BUCKET}/tables"
    run = shop.run(f"s3://{BUCKET}/orders/", url)
    expect(run.code == 0, f"the run failed: {run.text}")
    first = published(shop, "tables")
    record = shop.get(f"tables/runs/{first}/run.json").decode()
    equal(digests(record), shop.expected(local), "the tables")
    for name in digests(record):
        found = pq.read_table(io.BytesIO(shop.get(f"tables/runs/{first}/{name}.parquet")))
        expect(found.num_rows > 0, f"{name} is empty")
    shown = shop.command("show", url, "cohort_retention", "--quiet")
    expect(shown.code == 0 and shown.text.strip() != "", f"it can't be shown: {shown.text}")

    expect(shop.run(f"s3://{BUCKET}/orders/", url).code == 0, "the run over unchanged objects failed")
    equal(published(shop, "tables"), first, "the current run after unchanged objects")
    for day in ("2024-03-01", "2024-03-02", "2024-03-03"):
        run = shop.run(f"s3://{BUCKET}/orders/", url, "--as-of", day, "--set", "outputs.keep_runs=2")
        expect(run.code == 0, f"the run of {day} failed: {run.text}")
    runs = {key.split("/")[2] for key in shop.keys("tables/runs/")}
    expect(len(runs) == 2 and published(shop, "tables") in runs, f"the runs {runs} are kept")


def faulty_writes(shop: Shop) -> None:
    """Whatever happens to a write, readers see the whole new run or the one before."""
    source = f"s3://{BUCKET}/orders/"
    url = f"s3://{BUCKET}/faulty"
    expect(shop.run(source, url).code == 0, "the first run failed")
    before = published(shop, "faulty")

    busy = Fault(Request.puts_pointer, answer=throttled(503))
    with shop.faults(busy):
        run = shop.run(source, url, "--as-of", "2024-03-01")
    fails(run, 1, POINTER, "503")
    equal(published(shop, "faulty"), before, "the current run after a pointer that can't be written")
    listed = shop.command("runs", url)
    expect("unpublished" in listed.text and "never became current" in listed.text, f"runs says {listed.text}")
    expect(shop.command("show", url, "cohort_retention", "--quiet").code == 0, "it can't be shown")

    table = Fault(lambda r: r.method in ("PUT", "POST") and "revenue_churn" in r.path, answer=throttled(503))
    with shop.faults(table):
        run = shop.run(source, url, "--as-of", "2024-03-01")
    fails(run, 1, "revenue_churn", "503")
    equal(published(shop, "faulty"), before, "the current run after a table that can't be written")

    # The pointer is written, and nobody hears of it.
    with shop.faults(Fault(Request.puts_pointer, times=1, lost=True)):
        run = shop.run(source, url, "--as-of", "2024-03-02")
    expect(run.code == 0, f"the run failed: {run.text}")
    expect(published(shop, "faulty") != before, "the new run is not current")

    before = published(shop, "faulty")
    with shop.faults(Fault(lambda r: r.method == "PUT", times=2, answer=throttled(503))):
        run = shop.run(source, url, "--as-of", "2024-03-04")
    expect(run.code == 0, f"the run failed: {run.text}")
    expect(published(shop, "faulty") != before, "the new run is not current")


def doubtful_pointers(shop: Shop) -> None:
    """What the answer to the pointer leaves open is read; where that can't be, the run stays."""
    source = f"s3://{BUCKET}/orders/"
    internal = answered("500 Internal Server Error", "InternalError")
    for number, reads in enumerate(("pointer", "nothing")):
        # It is written, answered with an error, and refused when it is tried again.
        url = f"s3://{BUCKET}/doubt-{number}"
        for day in ("2024-03-01", "2024-03-02"):
            lost = Fault(Request.puts_pointer, times=1, lost=True, answer=internal)
            unread = Fault(
                lambda r: r.reads_pointer() and lost.seen > 0,  # noqa: B023
                answer=answered("403 Forbidden", "AccessDenied"),
            )
            with shop.faults(*([lost] if reads == "pointer" else [lost, unread])):
                run = shop.run(source, url, "--as-of", day)
            if reads == "pointer":
                expect(run.code == 0, f"the run failed: {run.text}")
            else:
                fails(run, 1, "it is not known whether run", "403 Forbidden", f"kohort publish {url}")
            current = published(shop, f"doubt-{number}")
            record = json.loads(shop.get(f"doubt-{number}/runs/{current}/run.json"))
            equal(record["as_of"], day, "the day of the current run")
            shown = shop.command("show", url, "cohort_retention", "--quiet")
            expect(shown.code == 0, f"it can't be shown: {shown.text}")

    conflict = answered("409 Conflict", "ConditionalRequestConflict")
    for day in ("2024-03-01", "2024-03-02"):
        with shop.faults(Fault(Request.puts_pointer, times=2, answer=conflict)):
            run = shop.run(source, f"s3://{BUCKET}/conflict", "--as-of", day)
        expect(run.code == 0, f"the run failed: {run.text}")


def no_conditions(shop: Shop) -> None:
    """A store without conditional writes is told before the work, and nothing stays in it."""
    source, url = f"s3://{BUCKET}/orders/", f"s3://{BUCKET}/plain"
    for fault, part in [
        (Fault(Request.is_conditional, answer=answered("501 Not Implemented", "NotImplemented")), "501"),
        (Fault(Request.is_conditional, strip=CONDITIONS), "takes writes whose condition does not hold"),
    ]:
        with shop.faults(fault):
            run = shop.run(source, url)
        fails(run, 1, "conditional writes", part)
        equal(shop.keys("plain/"), [], "what is there afterwards")


def two_publishers(shop: Shop) -> None:
    """Of two runs at once one is published, and the other says so."""
    source = f"s3://{BUCKET}/orders/"
    url = f"s3://{BUCKET}/two"
    for begun in (False, True):
        winner: list[Run] = []
        day = "2024-03-05" if begun else "2024-03-06"
        other = lambda: winner.append(shop.run(source, url, "--as-of", day))  # noqa: B023, E731
        with shop.faults(Fault(Request.puts_pointer, times=1, before=other)):
            loser = shop.run(source, url, "--as-of", "2024-03-07")
        equal(winner[0].code, 0, f"the exit code of {winner[0].text!r}")
        current = published(shop, "two")
        fails(loser, 1, current)
        record = json.loads(shop.get(f"two/runs/{current}/run.json"))
        equal(record["as_of"], day, "the day of the current run")
        runs = {key.split("/")[2] for key in shop.keys("two/runs/")}
        equal(len(runs), 2 if begun else 1, f"the number of runs {runs}")


CASES = {
    case.__name__: case
    for case in (
        inputs,
        folders,
        columns,
        faulty_reads,
        failing_reads,
        mistakes,
        outputs,
        faulty_writes,
        doubtful_pointers,
        no_conditions,
        two_publishers,
    )
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kohort", type=Path, required=True, help="the binary to verify")
    parser.add_argument("--case", action="append", choices=CASES, metavar="NAME", help="only this; may be repeated")
    options = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory(prefix="kohort-stores-") as folder, served(options, Path(folder)) as shop:
        for name in options.case or CASES:
            try:
                CASES[name](shop)
                no_credential(shop)
                print(f"{name}: ok")
            except Differs as error:
                failed.append(name)
                print(f"{name}: {error}")
    if failed:
        print(f"differs: {', '.join(failed)}")
        return 1
    print("all cases of object stores agree")
    return 0


@contextmanager
def served(options: argparse.Namespace, folder: Path) -> Iterator[Shop]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=f"http://{host}:{port}", **keys)
    s3.create_bucket(Bucket=BUCKET, ACL="public-read")
    shop = Shop(options.kohort.resolve(), folder, Proxy((host, port)), s3)
    for month in range(1, 5):
        name = f"orders/month={month}/orders.parquet"
        file = folder / name
        file.parent.mkdir(parents=True)
        file.write_bytes(orders(month))
        s3.put_object(Bucket=BUCKET, Key=name, Body=file.read_bytes(), ACL="public-read")
    for name in ("orders/_SUCCESS", "orders/_temporary/x.parquet", "orders/month=1/.part.parquet"):
        shop.put(name, b"not finished")
    yield shop
    server.stop()


def no_credential(shop: Shop) -> None:
    """Nothing that was written has a credential in it, neither here nor in the store."""
    for file in shop.folder.rglob("*"):
        if file.is_file() and not file.name.startswith("pipeline-"):
            expect(SECRET.encode() not in file.read_bytes(), f"a credential is in {file}")
    for key in shop.keys(""):
        expect(SECRET.encode() not in shop.get(key), f"a credential is in {key}")


if __name__ == "__main__":
    sys.exit(main())
