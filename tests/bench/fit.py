"""Benchmark of kohort's fits of models of orders against the Python package lifetimes.

Both sides get the same file of made-up customers, one line each, and are timed as processes, from
the file to the parameters. Lifetimes fits row by row, as its documentation has it, and once more
to the distinct histories with their counts as weights, which kohort does by itself. The parameters
must agree within 1 % before anything counts.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import sys
from pathlib import Path

import bench
import histories
import measure

PEER = bench.HERE / "engines" / "lifetimes_peer.py"
AGREE = 0.01
"""How far a parameter may lie from kohort's, as a share of it."""
STEPS = ("read", "group", "fit")


def lines(found: measure.Cost) -> tuple[dict[str, float], dict]:
    """What a run printed: the parameters, and the line on the fit."""
    printed = [json.loads(line) for line in found.written.splitlines() if line.startswith("{")]
    parameters = {line["parameter"]: line["value"] for line in printed if "parameter" in line}
    return parameters, printed[-1]


def check(name: str, expected: measure.Cost, found: measure.Cost) -> None:
    """Ends the run unless two fits agree."""
    ours, our_fit = lines(expected)
    theirs, their_fit = lines(found)
    if not our_fit["converged"]:
        raise SystemExit("kohort's fit did not converge")
    apart = {parameter: theirs[parameter] / value - 1 for parameter, value in ours.items()}
    furthest = max(apart, key=lambda parameter: abs(apart[parameter]))
    print(f"{name}: {', '.join(f'{key} {theirs[key]:.4f}' for key in ours)}, "
          f"at most {abs(apart[furthest]):.1e} from kohort's ({furthest}); "
          f"log-likelihood {their_fit['log_likelihood']:.3f}, "
          f"kohort's {our_fit['log_likelihood']:.3f}", flush=True)
    if abs(apart[furthest]) > AGREE:
        raise SystemExit(f"{name} and kohort differ by more than {AGREE:.0%}: {apart}")


def made(model: str, customers: int) -> str:
    """The file of so many customers, made in a process of its own: see `measure.run` for why."""
    measure.run([sys.executable, str(bench.HERE / "histories.py"), model, str(customers)])
    return str(histories.histories(model, customers))


def alone(model: str, customers: int, fit: Path, runs: int) -> None:
    """Fits a model to so many customers with kohort, and prints a line."""
    command = [str(fit), made(model, customers), model]
    cost = measure.median([measure.run(command) for _ in range(runs)])
    print(f"\n{model}, {customers:,} customers, kohort alone: {cost.cpu:.2f} CPU s, "
          f"{cost.wall:.2f} s wall, {cost.peak / bench.MEBIBYTE:,.0f} MiB", flush=True)


def compare(model: str, customers: int, fit: Path, runs: int) -> None:
    """Fits a model to so many customers with each engine, and prints two tables."""
    file = made(model, customers)
    peer = [sys.executable, str(PEER), file, model]
    lifetimes = f"lifetimes {importlib.metadata.version('lifetimes')}"
    commands = {
        "kohort": [str(fit), file, model],
        f"{lifetimes}, a row a customer": peer,
        f"{lifetimes}, weighted": [*peer, "--weighted"],
    }
    print(f"\n{model}, {customers:,} customers", flush=True)
    found = {name: [] for name in commands}
    for turn in range(runs):
        for name, command in commands.items():
            found[name].append(measure.run(command))
            if turn == 0 and name != "kohort":
                check(name, found["kohort"][0], found[name][0])
    print()
    bench.print_table({name: measure.median(costs) for name, costs in found.items()})
    print()
    print_steps({name: [lines(cost)[1] for cost in costs] for name, costs in found.items()})


def print_steps(found: dict[str, list[dict]]) -> None:
    """The seconds inside each process, without its start: kohort groups while it fits."""
    medians = {
        name: {step: statistics.median(fit.get(f"{step}_seconds", 0) for fit in fits)
               for step in STEPS}
        for name, fits in found.items()
    }
    base = next(iter(medians.values()))
    print("| engine | rows | read s | group s | fit s | group and fit | |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, steps in medians.items():
        fitted = steps["group"] + steps["fit"]
        print(f"| {name} | {found[name][0]['rows']:,} | {steps['read']:.3f} | {steps['group']:.3f} "
              f"| {steps['fit']:.3f} | {fitted:.3f} | {fitted / base['fit']:.1f}× |")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000,
                        help="customers that models are fitted to (%(default)s)")
    parser.add_argument("--fewer", type=int, default=50_000,
                        help="those for which lifetimes fits other models than bg_nbd, "
                        "where it is slower (%(default)s)")
    parser.add_argument("--models", default="bg_nbd,pareto_nbd", help="(%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="interleaved runs (%(default)s)")
    parser.add_argument("--fit", type=Path, default=bench.TARGET / "examples" / "fit",
                        help="kohort's example of that name")
    found = parser.parse_args()
    found.models = found.models.split(",")
    unknown = sorted(set(found.models) - set(histories.RATES))
    if unknown:
        parser.error(f"no model {', '.join(unknown)}: there are {', '.join(histories.RATES)}")
    if not found.fit.exists():
        parser.error(f"{found.fit} is not there: "
                     "cargo build --release -p kohort-lifetime --example fit, or --fit BINARY")
    return found


def main() -> None:
    chosen = arguments()
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
          f"median of {chosen.runs}", flush=True)
    for model in chosen.models:
        if model == "bg_nbd":
            compare(model, chosen.customers, chosen.fit, chosen.runs)
        else:
            compare(model, chosen.fewer, chosen.fit, chosen.runs)
            alone(model, chosen.customers, chosen.fit, chosen.runs)


if __name__ == "__main__":
    main()
