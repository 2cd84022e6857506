"""The cells by DataFusion: `python datafusion_peer.py ORDERS.parquet CELLS.json`."""

import sys
from pathlib import Path

import pyarrow as pa
from datafusion import SessionConfig, SessionContext, udf

sys.path.append(str(Path(__file__).parent.parent))
import cells  # noqa: E402

MONTHS = pa.array(cells.months_by_day(), pa.int32())


def main(orders: str, output: str) -> None:
    context = SessionContext(SessionConfig().with_target_partitions(2))
    context.register_parquet("orders", orders)
    context.register_udf(udf(MONTHS.take, [pa.int32()], pa.int32(), "immutable", "month_of"))
    script = Path(__file__).with_name("datafusion.sql").read_text(encoding="utf-8")
    for statement in script.rstrip().removesuffix(";").split(";\n"):
        context.sql(statement).collect()
    cells.write(output, cells.finish(**{
        name: context.table(name).to_pylist() for name in cells.SUMS
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
