"""Published models of lifetime value against their papers' likelihoods and formulas.

The recomputation knows the data behind a fit, not the fit. So a published fit must have the
likelihood that it claims, nothing near it a higher one, and its standard errors must follow
from the curvature there; a customer's expectations must follow from the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from pipeline import Pipeline

# Relative deviations: of likelihoods, of standard errors from differences, of expectations.
LIKELIHOOD, CURVATURE, EXPECTATION = 1e-8, 1e-2, 1e-8
NODES, WEIGHTS = np.polynomial.legendre.leggauss(96)

Vector = np.ndarray


@dataclass(frozen=True)
class Data:
    """Customers with equal values are one row of weight n; times are in units."""

    x: Vector
    t_x: Vector
    t: Vector
    n: Vector


def bg_nbd(p: dict[str, float], d: Data) -> Vector:
    """Fader, Hardie and Lee (2005), equation 3."""
    a, alpha, b, r = p["a"], p["alpha"], p["b"], p["r"]
    alive = -(r + d.x) * np.log(alpha + d.t)
    with np.errstate(divide="ignore"):
        gone = np.where(d.x > 0, np.log(a / (b + np.maximum(d.x, 1) - 1)) - (r + d.x) * np.log(alpha + d.t_x), -np.inf)
    common = gammaln(r + d.x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + d.x) - betaln(a, b)
    return common + np.logaddexp(alive, gone)


def mbg_nbd(p: dict[str, float], d: Data) -> Vector:
    """Batislam, Denizel and Filiztekin (2007): a customer may leave after the first purchase too."""
    a, alpha, b, r = p["a"], p["alpha"], p["b"], p["r"]
    alive = betaln(a, b + d.x + 1) - (r + d.x) * np.log(alpha + d.t)
    gone = betaln(a + 1, b + d.x) - (r + d.x) * np.log(alpha + d.t_x)
    return gammaln(r + d.x) - gammaln(r) + r * np.log(alpha) - betaln(a, b) + np.logaddexp(alive, gone)


def pareto_nbd(p: dict[str, float], d: Data) -> Vector:
    """Schmittlein, Morrison and Colombo (1987), with the integral over the day of leaving as it stands."""
    alpha, beta, r, s = p["alpha"], p["beta"], p["r"], p["s"]
    stayed = -(r + d.x) * np.log(alpha + d.t) - s * np.log(beta + d.t)
    # Over the logarithm of the day, moved by the smaller scale, the integrand is smooth.
    scale = min(alpha, beta)
    low, high = np.log(scale + d.t_x), np.log(scale + d.t)
    u = low[:, None] + (high - low)[:, None] * (NODES + 1) / 2
    day = np.maximum(np.exp(u) - scale, 0)
    log_f = u - (r + d.x)[:, None] * np.log(alpha + day) - (s + 1) * np.log(beta + day)
    top = log_f.max(axis=1)
    with np.errstate(divide="ignore"):
        area = np.log((np.exp(log_f - top[:, None]) * WEIGHTS).sum(axis=1) * (high - low) / 2)
    common = gammaln(r + d.x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    return common + np.logaddexp(stayed, np.log(s) + top + area)


def gamma_gamma(p: dict[str, float], d: Data) -> Vector:
    """Fader and Hardie (2013), equation 1a; t is the mean value of a repeat day."""
    gamma, shape, q = p["gamma"], p["p"], p["q"]
    spent = d.x * d.t
    return (
        q * np.log(gamma / (gamma + spent))
        + shape * d.x * np.log(spent / (gamma + spent))
        - np.log(d.t)
        - betaln(shape * d.x, q)
    )


def sbg(p: dict[str, float], d: Data) -> Vector:
    """Fader and Hardie (2007): x is 1 for those who left in month t, 0 for those who survived t months."""
    alpha, beta = p["alpha"], p["beta"]
    left = betaln(alpha + 1, beta + np.maximum(d.t, 1) - 1)
    return np.where(d.x > 0, left, betaln(alpha, beta + d.t)) - betaln(alpha, beta)


LIKELIHOODS: dict[str, Callable[[dict[str, float], Data], Vector]] = {
    "bg_nbd": bg_nbd,
    "mbg_nbd": mbg_nbd,
    "pareto_nbd": pareto_nbd,
    "gamma_gamma": gamma_gamma,
    "sbg": sbg,
}


def faults(db: duckdb.DuckDBPyConnection, settings: Pipeline, folder: Path) -> list[str]:
    """Everything about the published models that does not fit, in words."""
    found: list[str] = []
    if "clv_models" in settings.tables:
        for fit in fits(folder / "clv_models.parquet"):
            found += _fit(db, settings, fit)
    if "customers" in settings.tables and settings.model == "bg_nbd":
        found += _customers(db, settings, folder)
    return found


@dataclass(frozen=True)
class Fit:
    segment: str
    segment_value: str | None
    model: str
    estimates: dict[str, float]
    errors: dict[str, float | None]
    log_likelihood: float | None
    is_converged: bool

    @property
    def name(self) -> str:
        return f"{self.model} of {self.segment} {self.segment_value or ''}".strip()


def fits(file: Path) -> list[Fit]:
    rows = duckdb.sql(f"""
        SELECT segment, segment_value, model, map(list(parameter), list(estimate)),
            map(list(parameter), list(standard_error)), any_value(log_likelihood), bool_and(is_converged)
        FROM read_parquet('{file}') GROUP BY ALL ORDER BY ALL
    """)
    return [Fit(*row) for row in rows.fetchall()]


def _fit(db: duckdb.DuckDBPyConnection, settings: Pipeline, fit: Fit) -> list[str]:
    # Where the search did not converge it may have ended where logarithms are all rounding.
    if not fit.is_converged:
        return []
    if None in fit.estimates.values():
        return [f"{fit.name}: converged without an estimate"]
    data = _data(db, settings, fit)

    def total(p: dict[str, float]) -> float:
        return float((LIKELIHOODS[fit.model](p, data) * data.n).sum())

    here = total(fit.estimates)
    if not np.isclose(here, fit.log_likelihood, rtol=LIKELIHOOD, atol=1e-9):
        return [f"{fit.name}: log-likelihood is {fit.log_likelihood}, expected {here}"]
    higher = [
        f"{fit.name}: the likelihood is higher where {name} is {factor} times as large"
        for name in fit.estimates
        for factor in (0.99, 1.01)
        if total(fit.estimates | {name: fit.estimates[name] * factor}) > here + LIKELIHOOD * abs(here)
    ]
    # Differences take many evaluations: once for each model.
    return higher + (_errors(fit, total) if fit.segment == "all" else [])


def _errors(fit: Fit, total: Callable[[dict[str, float]], float]) -> list[str]:
    """Standard errors against those from the second differences of the log-likelihood."""
    names = list(fit.estimates)
    step = {name: 1e-3 * fit.estimates[name] for name in names}

    def at(*moves: tuple[str, int]) -> float:
        p = dict(fit.estimates)
        for name, sign in moves:
            p[name] += sign * step[name]
        return total(p)

    def second(i: str, j: str) -> float:
        if i == j:
            return (at((i, 1)) - 2 * at() + at((i, -1))) / step[i] ** 2
        corners = at((i, 1), (j, 1)) - at((i, 1), (j, -1)) - at((i, -1), (j, 1)) + at((i, -1), (j, -1))
        return corners / (4 * step[i] * step[j])

    information = -np.array([[second(i, j) for j in names] for i in names])
    condition = np.linalg.cond(information * np.outer(list(step.values()), list(step.values())))
    if condition > 1e6:
        return []  # differences do not tell
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    return [
        f"{fit.name}: standard error of {name} is {fit.errors[name]}, expected {error}"
        for name, error in zip(names, expected)
        if fit.errors[name] is None or not np.isclose(fit.errors[name], error, rtol=CURVATURE)
    ]


def _data(db: duckdb.DuckDBPyConnection, settings: Pipeline, fit: Fit) -> Data:
    if fit.model == "sbg":
        columns = "CAST(ended_in IS NOT NULL AS INTEGER), 0, coalesce(ended_in, survived) FROM sbg_customer WHERE true"
    elif fit.model == "gamma_gamma":
        columns = f"""frequency, 0, CAST(repeat_value AS DOUBLE) / frequency / {10**settings.scale}
            FROM clv_customer WHERE frequency > 0 AND repeat_value > 0"""
    else:
        unit = settings.unit_days
        columns = f"frequency, recency / {unit}, age / {unit} FROM clv_customer WHERE true"
    rows = db.execute(
        f"""
        SELECT x, t_x, t, count(*) AS n FROM (SELECT {columns} AND segment = ? AND segment_value IS NOT DISTINCT FROM ?)
            c(x, t_x, t)
        GROUP BY ALL ORDER BY ALL
        """,
        [fit.segment, fit.segment_value],
    ).fetchnumpy()
    return Data(*(np.asarray(rows[name], dtype=float) for name in ("x", "t_x", "t", "n")))


def bg_nbd_mean(p: dict[str, float], t: Vector) -> Vector:
    """Expected repeat orders of a new customer in t units: Fader, Hardie and Lee (2005), equation 9."""
    a, alpha, b, r = p["a"], p["alpha"], p["b"], p["r"]
    t = np.maximum(t, 0.0)
    decay = (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t))
    return (a + b - 1) / (a - 1) * (1 - decay)


def bg_nbd_expected(p: dict[str, float], d: Data, t: float) -> tuple[Vector, Vector]:
    """Probability of being alive, and repeat orders expected in the next t units: equation 10."""
    a, alpha, b, r = p["a"], p["alpha"], p["b"], p["r"]
    odds = np.where(d.x > 0, a / (b + np.maximum(d.x, 1) - 1) * ((alpha + d.t) / (alpha + d.t_x)) ** (r + d.x), 0.0)
    decay = ((alpha + d.t) / (alpha + d.t + t)) ** (r + d.x)
    decay *= hyp2f1(r + d.x, b + d.x, a + b + d.x - 1, t / (alpha + d.t + t))
    return 1 / (1 + odds), (a + b + d.x - 1) / (a - 1) * (1 - decay) / (1 + odds)


def holdout_faults(db: duckdb.DuckDBPyConnection, settings: Pipeline, folder: Path) -> list[str]:
    """Expectations of BG/NBD in clv_holdout against those of a fit by the package lifetimes, to 1 %."""
    from lifetimes import BetaGeoFitter

    unit = settings.unit_days
    end = duckdb.sql(f"""
        SELECT max(step_start) + {unit} FROM read_parquet('{folder / "clv_holdout.parquet"}') WHERE NOT is_holdout
    """).fetchall()[0][0]
    known = db.execute(
        """
        SELECT p.first_day - (SELECT min(first_day) FROM person) AS first_day,
            count(*) - 1 AS x, max(a.day) - p.first_day AS t_x, $1 - 1 - p.first_day AS t
        FROM person p JOIN activity_day a USING (pid)
        WHERE p.segment = 'all' AND a.day < $1
        GROUP BY p.pid, p.first_day ORDER BY p.pid
        """,
        [end],
    ).df()
    fitter = BetaGeoFitter().fit(known["x"], known["t_x"] / unit, known["t"] / unit)
    first = known["first_day"].to_numpy(float) / unit
    rows = duckdb.sql(f"""
        SELECT step, expected_cumulative FROM read_parquet('{folder / "clv_holdout.parquet"}')
        WHERE segment = 'all' AND model = 'bg_nbd' ORDER BY step
    """).fetchall()
    found = []
    for step, seen in rows:
        # As ages do, time runs to the last day of the step.
        expected = bg_nbd_mean(dict(fitter.params_), step - 1 / unit - first).sum()
        if not np.isclose(seen, expected, rtol=0.01):
            found.append(f"clv_holdout.expected_cumulative of step {step} is {seen}, with lifetimes {expected}")
    return found


def _customers(db: duckdb.DuckDBPyConnection, settings: Pipeline, folder: Path) -> list[str]:
    """The customers' expectations against the parameters that were fitted to everybody."""
    of_all = {fit.model: fit for fit in fits(folder / "clv_models.parquet") if fit.segment == "all"}
    orders, values = of_all.get("bg_nbd"), of_all.get("gamma_gamma")
    rows = duckdb.sql(f"""
        SELECT frequency AS x, recency_days / {settings.unit_days} AS t_x, age_days / {settings.unit_days} AS t,
            monetary, probability_alive, expected_orders, expected_value, clv
        FROM read_parquet('{folder / "customers.parquet"}')
    """).df()
    if orders is None or not orders.is_converged:
        told = rows[["probability_alive", "expected_orders", "expected_value", "clv"]].notna().sum().sum()
        return [f"{told} expectations of customers from a model that did not converge"] if told else []
    p = orders.estimates
    data = Data(*(rows[name].to_numpy(float) for name in ("x", "t_x", "t")), np.ones(len(rows)))
    horizon = settings.horizon_units
    alive, expected = bg_nbd_expected(p, data, horizon)
    pairs = {"probability_alive": alive, "expected_orders": expected}
    if values is not None and values.is_converged:
        gamma, shape, q = (values.estimates[name] for name in ("gamma", "p", "q"))
        mean = np.nan_to_num(rows["monetary"].to_numpy(float))
        x = np.where(mean > 0, data.x, 0)
        # The mean exists where the denominator is positive.
        weight = shape * x + q - 1
        value = np.where(weight > 0, shape * (gamma + x * mean) / np.where(weight > 0, weight, 1), np.nan)
        pairs["expected_value"] = expected * value
        upto = [np.zeros(len(rows))] + [bg_nbd_expected(p, data, i)[1] for i in range(1, horizon + 1)]
        yearly = 1 + settings.annual_discount_rate
        pairs["clv"] = value * sum(
            (upto[i] - upto[i - 1]) / yearly ** (i * settings.unit_days / 365) for i in range(1, horizon + 1)
        )
    found = []
    for column, wanted in pairs.items():
        seen = rows[column].to_numpy(float)
        wrong = ~np.isclose(seen, wanted, rtol=EXPECTATION, atol=1e-9, equal_nan=True)
        if wrong.any():
            i = int(np.argmax(wrong))
            customer = f"x={data.x[i]:.0f} t_x={data.t_x[i]} T={data.t[i]}"
            found.append(f"customers.{column} of {wrong.sum()}, such as {customer}: {seen[i]}, expected {wanted[i]}")
    return found
