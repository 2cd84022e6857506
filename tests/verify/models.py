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
from scipy.special import betaln, gammaln, hyp2f1, roots_jacobi

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


# Parameters by name. Where a fit is a limit, the mean of the distribution stands for the two of it: `rate` of the orders,
# `leaving` of the chance or the rate to leave, `value` of an order day, where days are all equal `scale`, the value times
# q - 1; and `limit` of that name says which.
Parameters = dict[str, float]


def orders(p: Parameters, d: Data) -> tuple[Vector, Callable[[Vector], Vector]]:
    """What a customer's x orders and the time until t add to the likelihood, while it stays."""
    if "rate" in p:
        return d.x * np.log(p["rate"]), lambda t: -p["rate"] * t
    r, alpha = p["r"], p["alpha"]
    return gammaln(r + d.x) - gammaln(r) + r * np.log(alpha), lambda t: -(r + d.x) * np.log(alpha + t)


def chances(p: Parameters, n: Vector, limit: str | None, a: float, b: float) -> tuple[Vector, Vector]:
    """Logarithms of the probabilities to stay at n chances to leave, and to leave at the n-th of them."""
    with np.errstate(divide="ignore"):
        never = np.full(len(n), -np.inf)
        if limit == "nobody_leaves":
            return np.zeros(len(n)), never
        if limit == "all_equal":
            leaving = p["leaving"]
            stay, leave = n * np.log1p(-leaving), np.log(leaving) + (n - 1) * np.log1p(-leaving)
        elif limit == "some_at_once":
            stay = np.where(n > 0, np.log1p(-p["leaving"]), 0.0)
            leave = np.where(n == 1, np.log(p["leaving"]), -np.inf)
        else:
            stay, leave = betaln(a, b + n) - betaln(a, b), betaln(a + 1, b + np.maximum(n, 1) - 1) - betaln(a, b)
    return stay, np.where(n > 0, leave, never)


def by_chance(p: Parameters, d: Data, n: Vector, limit: str | None) -> Vector:
    common, quiet = orders(p, d)
    stay, leave = chances(p, n, limit, p.get("a", 1.0), p.get("b", 1.0))
    return common + np.logaddexp(stay + quiet(d.t), leave + quiet(d.t_x))


def bg_nbd(p: Parameters, d: Data, limit: str | None = None) -> Vector:
    """Fader, Hardie and Lee (2005), equation 3."""
    return by_chance(p, d, d.x, limit)


def mbg_nbd(p: Parameters, d: Data, limit: str | None = None) -> Vector:
    """Batislam, Denizel and Filiztekin (2007): a customer may leave after the first purchase too."""
    return by_chance(p, d, d.x + 1, limit)


def pareto_nbd(p: Parameters, d: Data, limit: str | None = None) -> Vector:
    """Schmittlein, Morrison and Colombo (1987), with the integral over the day of leaving as it stands."""
    common, quiet = orders(p, d)
    if limit == "nobody_leaves":
        return common + quiet(d.t)
    if limit == "all_equal":
        leaving = p["leaving"]
        beta, ln_stays, ln_leaves = 1 / leaving, lambda t: -leaving * t, lambda t: np.log(leaving) - leaving * t
    else:
        s, beta = p["s"], p["beta"]
        ln_stays = lambda t: -s * np.log1p(t / beta)
        ln_leaves = lambda t: np.log(s / beta) - (s + 1) * np.log1p(t / beta)
    # Over the logarithm of the day, moved by the smaller scale, the integrand is smooth.
    scale = min(p["alpha"] if "alpha" in p else 1 / p["rate"], beta)
    low, high = np.log(scale + d.t_x), np.log(scale + d.t)
    u = low[:, None] + (high - low)[:, None] * (NODES + 1) / 2
    day = np.maximum(np.exp(u) - scale, 0)
    log_f = u + orders(p, Data(d.x[:, None], d.t_x, d.t, d.n))[1](day) + ln_leaves(day)
    top = log_f.max(axis=1)
    with np.errstate(divide="ignore"):
        area = np.log((np.exp(log_f - top[:, None]) * WEIGHTS).sum(axis=1) * (high - low) / 2)
    return common + np.logaddexp(quiet(d.t) + ln_stays(d.t), top + area)


def gamma_gamma(p: Parameters, d: Data, limit: str | None = None) -> Vector:
    """Fader and Hardie (2013), equation 1a; t is the mean value of a repeat day."""
    if limit == "all_equal":
        shape, rate = p["p"] * d.x, d.x * p["p"] / p["value"]
        return shape * np.log(rate) - gammaln(shape) + (shape - 1) * np.log(d.t) - rate * d.t
    if limit == "all_days_equal":
        q, scale = p["q"], p["scale"]
        return q * np.log(scale) - gammaln(q) - (q + 1) * np.log(d.t) - scale / d.t
    gamma, shape, q = p["gamma"], p["p"], p["q"]
    spent = d.x * d.t
    return (
        q * np.log(gamma / (gamma + spent))
        + shape * d.x * np.log(spent / (gamma + spent))
        - np.log(d.t)
        - betaln(shape * d.x, q)
    )


def sbg(p: Parameters, d: Data, limit: str | None = None) -> Vector:
    """Fader and Hardie (2007): x is 1 for those who left in month t, 0 for those who survived t months."""
    stay, leave = chances(p, d.t, limit, p.get("alpha", 1.0), p.get("beta", 1.0))
    return np.where(d.x > 0, leave, stay)


LIKELIHOODS: dict[str, Callable[[Parameters, Data, str | None], Vector]] = {
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
    if "subscribers" in settings.tables:
        found += _subscribers(settings, folder)
    return found


# The two parameters of each distribution, and the name under which its mean stands for them in a limit.
PAIRS = {
    "bg_nbd": {"rate": ("r", "alpha"), "leaving": ("a", "b")},
    "mbg_nbd": {"rate": ("r", "alpha"), "leaving": ("a", "b")},
    "pareto_nbd": {"rate": ("r", "alpha"), "leaving": ("s", "beta")},
    "sbg": {"leaving": ("alpha", "beta")},
    "gamma_gamma": {"value": ("gamma",)},
}


@dataclass(frozen=True)
class Fit:
    segment: str
    segment_value: str | None
    model: str
    estimates: dict[str, float | None]
    errors: dict[str, float | None]
    means: dict[str, float | None]
    maxima: dict[str, str]
    log_likelihood: float | None
    is_converged: bool

    @property
    def name(self) -> str:
        return f"{self.model} of {self.segment} {self.segment_value or ''}".strip()

    @property
    def limit(self) -> str | None:
        """The limit of who leaves, or of the values."""
        last = list(PAIRS[self.model].values())[-1][0]
        return self.maxima[last] if self.estimates[last] is None else None

    def parameters(self) -> Parameters:
        """Estimates, and means in place of those that a limit leaves out."""
        found = {name: value for name, value in self.estimates.items() if value is not None}
        for mean, names in PAIRS[self.model].items():
            if self.estimates[names[0]] is None and self.maxima[names[0]] != "nobody_leaves":
                found[mean] = self.means[names[0]]
        if self.limit == "all_days_equal":
            value = found.pop("value")
            found["scale"] = None if value is None else value * (found["q"] - 1)
        return found

    def beside(self) -> list[tuple[Parameters, str | None]]:
        """Points at some distance from the limits, where the likelihood must not be higher."""
        here, found = self.parameters(), []
        for mean, names in PAIRS[self.model].items():
            if self.estimates[names[0]] is not None:
                continue
            without = {name: value for name, value in here.items() if name != mean}
            if mean == "rate":
                found += [
                    (without | {"r": shape, "alpha": shape / here["rate"]}, self.limit) for shape in (1.0, 30.0, 1e3, 1e5)
                ]
            elif mean == "leaving":
                nobody = self.limit == "nobody_leaves"
                means = (0.1, 1e-2, 1e-3, 1e-5) if nobody else (here["leaving"],)
                shapes = (0.3, 3.0) if nobody else (1e-3, 0.1, 1.0, 30.0, 1e3)
                for leaving in means:
                    rest = leaving if self.model == "pareto_nbd" else leaving / (1 - leaving)
                    found += [(without | {names[0]: shape, names[1]: shape / rest}, None) for shape in shapes]
            elif self.limit == "all_equal":
                found += [
                    (without | {"q": q, "gamma": here["value"] * q / here["p"]}, None) for q in (1.0, 30.0, 1e3, 1e5)
                ]
            else:
                without = {"q": here["q"]}
                found += [(without | {"p": p, "gamma": here["scale"] / p}, None) for p in (1.0, 30.0, 1e3, 1e5)]
        return found


def fits(file: Path) -> list[Fit]:
    rows = duckdb.sql(f"""
        SELECT segment, segment_value, model, map(list(parameter), list(estimate)),
            map(list(parameter), list(standard_error)), map(list(parameter), list(mean)),
            map(list(parameter), list(maximum)), any_value(log_likelihood), bool_and(is_converged)
        FROM read_parquet('{file}') GROUP BY ALL ORDER BY ALL
    """)
    return [Fit(*row) for row in rows.fetchall()]


def _fit(db: duckdb.DuckDBPyConnection, settings: Pipeline, fit: Fit) -> list[str]:
    reasons = {"no_data", "no_repeats", "flat", "endless", "lost"}
    if fit.is_converged == any(place in reasons for place in fit.maxima.values()):
        return [f"{fit.name}: is_converged is {fit.is_converged} with maxima {fit.maxima}"]
    # Where the search did not converge it may have ended where logarithms are all rounding.
    if not fit.is_converged:
        return []
    if any((value is None) != (fit.maxima[name] != "inside") for name, value in fit.estimates.items()):
        return [f"{fit.name}: estimates are {fit.estimates} with maxima {fit.maxima}"]
    p = fit.parameters()
    if None in p.values():
        return [f"{fit.name}: a limit without its mean"] if fit.model != "gamma_gamma" or fit.estimates["q"] > 1 else []
    data = _data(db, settings, fit)

    def total(p: Parameters, limit: str | None = fit.limit) -> float:
        return float((LIKELIHOODS[fit.model](p, data, limit) * data.n).sum())

    here = total(p)
    if not np.isclose(here, fit.log_likelihood, rtol=LIKELIHOOD, atol=1e-7):
        return [f"{fit.name}: log-likelihood is {fit.log_likelihood}, expected {here}"]
    higher = [
        f"{fit.name}: the likelihood is higher where {name} is {factor} times as large"
        for name in p
        for factor in (0.99, 1.01)
        if total(p | {name: p[name] * factor}) > here + LIKELIHOOD * abs(here)
    ]
    higher += [
        f"{fit.name}: the likelihood is higher than in the limit {fit.maxima} at {point}"
        for point, limit in fit.beside()
        if total(point, limit) > here + LIKELIHOOD * abs(here)
    ]
    # Differences take many evaluations: once for each model.
    return higher + (_errors(fit, total) if fit.segment == "all" else [])


def _errors(fit: Fit, total: Callable[[Parameters], float]) -> list[str]:
    """Standard errors against those from the second differences of the log-likelihood.

    Where they differ, differences of a larger step have to say the same, or differences do not tell: the likelihood is
    nearly flat there.
    """
    expected = _from_differences(fit, total, 1e-3)
    if expected is None or not (wrong := _unlike(fit.errors, expected)):
        return []
    wider = _from_differences(fit, total, 3e-3)
    if wider is not None and all(_unlike(expected, {name: wider[name]}) for name in wrong):
        return []
    return [f"{fit.name}: standard error of {n} is {fit.errors[n]}, expected {expected[n]}" for n in wrong]


def _unlike(found: dict[str, float | None], expected: dict[str, float]) -> list[str]:
    """The names of standard errors that are missing or others than expected."""
    return [
        name
        for name, error in expected.items()
        if name in found and (found[name] is None or not np.isclose(found[name], error, rtol=CURVATURE))
    ]


def _from_differences(fit: Fit, total: Callable[[Parameters], float], size: float) -> dict[str, float] | None:
    """Standard errors from second differences over steps of a size relative to each parameter."""
    there = fit.parameters()
    names = list(there)
    step = {name: size * there[name] for name in names}

    def at(*moves: tuple[str, int]) -> float:
        p = dict(there)
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
        return None  # differences do not tell
    return dict(zip(names, np.sqrt(np.diag(np.linalg.inv(information)))))


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


def bg_nbd_mean(p: Parameters, t: Vector, limit: str | None = None) -> Vector:
    """Expected repeat orders of a new customer in t units: Fader, Hardie and Lee (2005), equation 9."""
    new = Data(np.zeros(len(t)), np.zeros(len(t)), np.zeros(len(t)), np.ones(len(t)))
    return bg_nbd_expected(p, new, np.maximum(t, 0.0), limit)[1]


def bg_nbd_expected(p: Parameters, d: Data, t: float | Vector, limit: str | None = None) -> tuple[Vector, Vector]:
    """Probability of being alive, and repeat orders expected in the next t units: equation 10 and its limits."""
    if "rate" in p:
        # The logarithm by which silence is less likely, and the probability of no order that ends it in t units.
        silence, ahead = p["rate"] * (d.t - d.t_x), lambda c: np.exp(-c * p["rate"] * t)
        rate = np.full(len(d.x), p["rate"])
    else:
        r, alpha = p["r"], p["alpha"]
        silence = (r + d.x) * np.log((alpha + d.t) / (alpha + d.t_x))
        ahead = lambda c: (1 + c * t / (alpha + d.t)) ** -(r + d.x)
        rate = (r + d.x) / (alpha + d.t)
    if limit == "nobody_leaves":
        return np.ones(len(d.x)), rate * t
    stay, leave = chances(p, d.x, limit, p.get("a", 1.0), p.get("b", 1.0))
    alive = 1 / (1 + np.exp(leave - stay + silence))
    if limit == "all_equal":
        return alive, alive * (1 - ahead(p["leaving"])) / p["leaving"]
    if limit == "some_at_once":
        return alive, alive * np.where(d.x > 0, rate * t, 1 - ahead(1.0) + (1 - p["leaving"]) * (rate * t - 1 + ahead(1.0)))
    a, b = p["a"], p["b"]
    if "rate" in p:
        # Over the chance to leave, which is beta distributed.
        expected, until = np.empty(len(d.x)), p["rate"] * np.broadcast_to(t, d.x.shape)
        for x in np.unique(d.x):
            nodes, weights = roots_jacobi(64, b + x - 1, a - 1)
            chance, of_x = (nodes + 1) / 2, d.x == x
            expected[of_x] = (-np.expm1(-np.outer(until[of_x], chance)) / chance) @ weights / weights.sum()
        return alive, alive * expected
    z = t / (alpha + d.t + t)
    decay = (1 - z) ** (r + d.x) * hyp2f1(r + d.x, b + d.x, a + b + d.x - 1, z)
    return alive, alive * (a + b + d.x - 1) / (a - 1) * (1 - decay)


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


def _value(fit: Fit, x: Vector, mean: Vector) -> Vector:
    """The expected value of an order day of customers with x of a mean value; NaN where there is none."""
    if fit.limit == "all_equal":
        return np.full(len(x), fit.means["q"])
    if fit.limit == "all_days_equal":
        return np.where(x > 0, mean, np.nan if fit.means["p"] is None else fit.means["p"])
    gamma, shape, q = (fit.estimates[name] for name in ("gamma", "p", "q"))
    # The mean exists where the denominator is positive.
    weight = shape * x + q - 1
    return np.where(weight > 0, shape * (gamma + x * mean) / np.where(weight > 0, weight, 1), np.nan)


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
    p, limit = orders.parameters(), orders.limit
    data = Data(*(rows[name].to_numpy(float) for name in ("x", "t_x", "t")), np.ones(len(rows)))
    horizon = settings.horizon_units
    alive, expected = bg_nbd_expected(p, data, horizon, limit)
    pairs = {"probability_alive": alive, "expected_orders": expected}
    if values is not None and values.is_converged:
        mean = np.nan_to_num(rows["monetary"].to_numpy(float))
        value = _value(values, np.where(mean > 0, data.x, 0), mean)
        pairs["expected_value"] = expected * value
        upto = [np.zeros(len(rows))] + [bg_nbd_expected(p, data, i, limit)[1] for i in range(1, horizon + 1)]
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


def _retention(fit: Fit, period: Vector) -> Vector:
    """Share of those who survived period - 1 periods that survives the next: Fader and Hardie (2007), equation 7."""
    period = np.asarray(period, dtype=float)
    if fit.limit == "nobody_leaves":
        return np.ones(period.shape)
    p = fit.parameters()
    if fit.limit == "all_equal":
        return np.full(period.shape, 1 - p["leaving"])
    if fit.limit == "some_at_once":
        return np.where(period == 1, 1 - p["leaving"], 1.0)
    return (p["beta"] + period - 1) / (p["alpha"] + p["beta"] + period - 1)


def _subscribers(settings: Pipeline, folder: Path) -> list[str]:
    """The subscribers' expectations against the parameters that were fitted to everybody."""
    [fit] = [fit for fit in fits(folder / "clv_models.parquet") if fit.segment == "all"] or [None]
    rows = duckdb.sql(f"""
        SELECT status, tenure_months AS n, CAST(mrr AS DOUBLE) AS mrr, expected_months, expected_value, residual_months, clv
        FROM read_parquet('{folder / "subscribers.parquet"}')
    """).df()
    columns = ["expected_months", "expected_value", "residual_months", "clv"]
    found = rows["status"] != "lapsed"
    if rows.loc[~found, columns].notna().any().any():
        return ["subscribers: something is expected of the lapsed"]
    rows = rows[found]
    if fit is None or not fit.is_converged:
        told = rows[columns].notna().sum().sum()
        return [f"{told} expectations of subscribers from a model that did not converge"] if told else []
    discount = (1 + settings.annual_discount_rate) ** (1 / 12) - 1
    # Later months are worth less than 1e-13 of the first.
    ahead = np.arange(1, 1 + (int(30 / np.log1p(discount)) if discount > 0 else settings.horizon_months))
    by_months = {}
    for n in rows["n"].unique():
        share = np.cumprod(_retention(fit, n + ahead))
        residual = (share / (1 + discount) ** ahead).sum() if discount > 0 else np.nan
        by_months[n] = (share[: settings.horizon_months].sum(), residual)
    months, residual = (rows["n"].map(lambda n: by_months[n][i]).to_numpy(float) for i in range(2))
    mrr = rows["mrr"].to_numpy(float)
    faults = []
    for column, wanted in zip(columns, (months, mrr * months, residual, mrr * residual)):
        seen = rows[column].to_numpy(float)
        wrong = ~np.isclose(seen, wanted, rtol=EXPECTATION, atol=1e-9, equal_nan=True)
        if wrong.any():
            i = int(np.argmax(wrong))
            faults.append(f"subscribers.{column} of {wrong.sum()}, such as {seen[i]}, expected {wanted[i]}")
    return faults
