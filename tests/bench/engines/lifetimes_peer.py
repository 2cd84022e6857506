"""Fit of a model to a file of histories with lifetimes, printed as kohort's example prints it.

    python lifetimes_peer.py FILE MODEL [--weighted]

One row a customer, as its documentation has it, or with `--weighted` one a distinct history.
"""

import json
import sys
import time

import lifetimes
import numpy as np
import pandas as pd

FITTERS = {
    "bg_nbd": lifetimes.BetaGeoFitter,
    "mbg_nbd": lifetimes.ModifiedBetaGeoFitter,
    "pareto_nbd": lifetimes.ParetoNBDFitter,
}
COLUMNS = ["x", "t_x_days", "age_days"]


def main() -> None:
    path, model, *weighted = sys.argv[1:]
    seconds = {}

    def timed(step: str, do):
        started = time.perf_counter()
        done = do()
        seconds[f"{step}_seconds"] = time.perf_counter() - started
        return done

    rows = timed("read", lambda: pd.read_csv(path))
    if weighted:
        rows = timed("group", lambda: rows.groupby(COLUMNS, as_index=False)["customers"].sum())
    x, t_x, age = (rows[column].to_numpy() for column in COLUMNS)
    weights = rows["customers"].to_numpy() if weighted else None
    fitter = timed("fit", lambda: FITTERS[model]().fit(x, t_x / 7, age / 7, weights))

    for parameter, value in sorted(fitter.params_.items()):
        print(json.dumps({"model": model, "parameter": parameter, "value": float(value)}))
    print(json.dumps({"model": model, "log_likelihood": log_likelihood(fitter, model, x, age),
                      "customers": int(rows["customers"].sum()), "rows": len(rows)} | seconds))


def log_likelihood(fitter, model: str, x, age) -> float:
    """That of the fit, which lifetimes keeps per customer and with the longest age as 1."""
    weights = fitter.data["weights"].to_numpy()
    share = weights.mean() if model == "pareto_nbd" else weights.sum()
    scaled = -fitter._negative_log_likelihood_ * share
    return float(scaled - (weights * x).sum() * np.log(age.max() / 7))


if __name__ == "__main__":
    main()
