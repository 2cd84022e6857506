"""The hazard model of docs/models.md: who leaves, fitted by Newton's method."""

from __future__ import annotations

import json

import duckdb
import numpy as np

from pipeline import SCORED, Pipeline

# Deviations that are allowed of probabilities and coefficients.
PROBABILITY, COEFFICIENT = 1e-6, 1e-5
LEAST = 30

Vector = np.ndarray


def score(db: duckdb.DuckDBPyConnection, basis: str) -> None:
    """Fills `risk` with each active customer, and makes `risk_model`: what run.json is to say of the model."""
    db.execute("CREATE TABLE risk_model AS SELECT CAST(? AS VARCHAR) AS told", [json.dumps(_score(db, basis))])


def _score(db: duckdb.DuckDBPyConnection, basis: str) -> dict | None:
    signals = [row[0] for row in db.execute("SELECT signal FROM risk_signal ORDER BY signal").fetchall()]
    rows = db.execute("SELECT * FROM risk_row ORDER BY day, pid").fetchnumpy()
    if not len(rows["pid"]):
        return None
    names, x = _features(rows, signals, basis)
    now = rows["is_now"].astype(bool)
    y = np.ma.filled(rows["has_left"], False).astype(float)
    past = ~now
    if not _is_enough(y[past]):
        return None
    beta = fit(x[past], y[past])
    _publish(db, rows, x, now, beta, names)
    # What comes of a month is known at its end, with orders after the lapse window.
    lapse = db.execute("SELECT getvariable('lapse')").fetchall()[0][0] if basis == "orders" else 0
    judged = _judged(rows["day"], x, y, past, np.ma.filled(rows["overdue"], 0) > 0, np.timedelta64(lapse, "D"))
    return judged | {"coefficients": dict(zip(names, beta))}


def _features(rows: dict[str, Vector], signals: list[str], basis: str) -> tuple[list[str], Vector]:
    recency = np.ma.filled(rows["recency"], 0)
    names, columns = ["intercept"], [np.ones(len(recency))]
    # Who pays is active: with subscriptions there is no last day.
    for tenth in range(1, 10) if basis == "orders" else ():
        names.append(f"recency.{tenth}")
        columns.append(recency == tenth)
    for overdue in range(1, 4) if basis == "orders" else ():
        names.append(f"overdue.{overdue}")
        columns.append(rows["overdue"] == overdue)
    for name in ("orders", "tenure"):
        names.append(name)
        columns.append(rows[name])
    levels = np.array([list(row) for row in rows["levels"]], dtype=float) if signals else None
    for i, signal in enumerate(signals):
        names += [f"{signal}.any", f"{signal}.class"]
        columns += [levels[:, i] > 0, levels[:, i]]
    return names, np.column_stack([np.asarray(c, dtype=float) for c in columns])


def fit(x: Vector, y: Vector) -> Vector:
    """The coefficients at which the penalised likelihood is highest; the intercept, the first, is free."""
    # Equal rows are one row of a weight.
    cells, place = np.unique(x, axis=0, return_inverse=True)
    n = np.bincount(place.ravel(), minlength=len(cells)).astype(float)
    left = np.bincount(place.ravel(), weights=y, minlength=len(cells))
    penalty = np.ones(x.shape[1])
    penalty[0] = 0
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(left.sum() / (n.sum() - left.sum()))

    def value(b: Vector) -> float:
        eta = cells @ b
        return float(left @ eta - n @ np.logaddexp(0, eta) - penalty @ (b * b) / 2)

    for _ in range(200):
        p = 1 / (1 + np.exp(-(cells @ beta)))
        gradient = cells.T @ (left - n * p) - penalty * beta
        information = (cells * (n * p * (1 - p))[:, None]).T @ cells + np.diag(penalty)
        step = np.linalg.solve(information, gradient)
        share = 1.0
        while value(beta + share * step) < value(beta) - 1e-9 and share > 1e-6:
            share /= 2
        beta = beta + share * step
        if np.abs(step).max() < 1e-12:
            break
    return beta


def _judged(days: Vector, x: Vector, y: Vector, past: Vector, overdue: Vector, until_known: np.timedelta64) -> dict:
    """The fit on the months known before the newest fifth of them, held against who is not overdue in that."""
    months = np.unique(days[past])
    held = -(-len(months) // 5)
    first = months[-held]
    early, late = past & (days < first) & (days + until_known <= first), past & (days >= first) & ~overdue
    told = {
        "held_out_from": str(first.astype("datetime64[D]")),
        "fitted": int(early.sum()),
        "fitted_churned": int(y[early].sum()),
        "held_out": int(late.sum()),
        "held_out_churned": int(y[late].sum()),
        "auc": None,
        "calibration": [],
    }
    if not _is_enough(y[early]):
        return told
    p = 1 / (1 + np.exp(-(x[late] @ fit(x[early], y[early]))))
    width = np.minimum((10 * p).astype(int), 9)
    classes = [
        {
            "observations": int((width == i).sum()),
            "expected": float(p[width == i].sum()),
            "churned": int(y[late][width == i].sum()),
        }
        for i in range(10)
    ]
    return told | {"auc": _auc(p, y[late]), "calibration": classes}


def _is_enough(y: Vector) -> bool:
    """Whether a model can be fitted: so many left and so many stayed."""
    return min(y.sum(), (1 - y).sum()) >= LEAST


def _auc(p: Vector, y: Vector) -> float | None:
    """Of the pairs of one that left and one that stayed, the share in which the first scores higher; ties half."""
    left, stayed = np.round(p[y > 0], 12), np.sort(np.round(p[y == 0], 12))
    if not len(left) or not len(stayed):
        return None
    below = np.searchsorted(stayed, left, "left")
    upto = np.searchsorted(stayed, left, "right")
    return float((below + upto).sum() / 2 / len(left) / len(stayed))


def _publish(
    db: duckdb.DuckDBPyConnection, rows: dict[str, Vector], x: Vector, now: Vector, beta: Vector, names: list[str]
) -> None:
    # The intercept, orders and tenure drive nothing.
    groups = [name.rsplit(".", 1)[0] if "." in name else "" for name in names]
    drivers = sorted(set(groups) - {""}) or ["nothing"]

    def parts(of: Vector) -> Vector:
        return np.column_stack([of[:, [g == driver for g in groups]].sum(axis=1) for driver in drivers])

    # What a customer has raises the odds by being there, and above the average customer's.
    own, above = parts(x[now] * beta), parts((x[now] - x[~now].mean(axis=0)) * beta)
    raised = np.where(own > 0, above, 0)
    p = 1 / (1 + np.exp(-(x[now] @ beta)))
    found = [
        (str(customer), float(score), drivers[int(most.argmax())] if most.max() > 0 else None)
        for customer, score, most in zip(np.asarray(rows["customer_id"])[now], p, raised)
    ]
    if found:
        db.executemany("INSERT INTO risk VALUES (?, ?, ?)", found)


def faults(db: duckdb.DuckDBPyConnection, p: Pipeline, found: dict | None) -> list[str]:
    """What run.json says of the model and should not."""
    is_needed = any(table in p.tables for table in SCORED)
    expected = json.loads(db.execute("SELECT told FROM risk_model").fetchall()[0][0]) if is_needed else None
    if expected is None or found is None:
        return [] if expected == found else [f"risk_model is {found}, expected {expected}"]
    seen, wanted = _flat(found), _flat(expected)
    pairs = [(name, seen.get(name), wanted.get(name)) for name in sorted(seen.keys() | wanted.keys())]
    return [f"risk_model {name} is {seen}, expected {want}" for name, seen, want in pairs if not _same(seen, want)]


def _flat(model: dict) -> dict[str, object]:
    """Each number of the model under a name of its own."""
    classes = {f"calibration.{i}.{key}": n for i, row in enumerate(model["calibration"]) for key, n in row.items()}
    parts = {key: value for key, value in model.items() if key not in ("calibration", "coefficients")}
    return parts | classes | model["coefficients"]


def _same(seen: object, wanted: object) -> bool:
    if isinstance(wanted, float) and isinstance(seen, (int, float)):
        return bool(np.isclose(seen, wanted, rtol=COEFFICIENT, atol=PROBABILITY))
    return seen == wanted
