"""Writes the reference values of the tests: the models' closed forms, in 80 digits.

Needs mpmath; `python reference.py` beside the files it writes.
"""

from itertools import product
from pathlib import Path

from mpmath import beta, diff, exp, gamma, hyp2f1, log, loggamma, mp, mpf, nstr, rf

mp.dps = 80
HERE = Path(__file__).parent
DIGITS = 18


def write(name, what, columns, rows):
    lines = [f"# {what}, by reference.py.", ",".join(columns)]
    lines += [",".join(v if isinstance(v, str) else nstr(v, DIGITS) for v in row) for row in rows]
    (HERE / name).write_text("\n".join(lines) + "\n")


def tail(p, ln_alpha, q, ln_beta, y):
    """(alpha+y)^p (beta+y)^q times the integral of (alpha+v)^-p (beta+v)^-q over v > y."""
    alpha, b, k = exp(ln_alpha), exp(ln_beta), p + q - 1
    far, near, power = (alpha, b, q) if alpha > b else (b, alpha, p)
    return ((alpha + y) ** p * (b + y) ** q * (far + y) ** -k / k
            * hyp2f1(power, k, k + 1, (far - near) / (far + y)))


def tails():
    cases = [
        ("1.553", "10.578", "0.606", "11.669", "0"),
        ("30.553", "10.578", "1.606", "11.669", "38"),
        ("0.553", "10.578", "1.606", "11.669", "0"),
        ("1.5", "7", "0.5", "7.0000001", "3"),
        ("2.5", "0.001", "0.5", "1000", "0"),
        ("2.5", "1000", "0.5", "0.001", "0"),
        ("1001", "1000", "1.5", "1", "2"),
        ("1.001", "0.5", "0.001", "300", "10"),
        ("0.001", "20", "1.001", "0.01", "0"),
        ("3000.5", "12", "1.7", "40", "9000"),
        ("3000.5", "40", "1001", "0.001", "1"),
        ("2", "500", "1000", "1000", "100"),
        ("60", "3", "0.2", "90000", "40000"),
    ]
    orders = [o for o in product(range(3), repeat=4) if sum(o) in (1, 2)]
    orders.sort(key=lambda o: (sum(o), [-d for d in o]))
    for case in cases:
        p, a, q, b, y = map(mpf, case)
        at = (p, log(a), q, log(b))
        f = lambda p, a, q, b: log(tail(p, a, q, b, y))
        yield case + tuple([f(*at)] + [diff(f, at, order) for order in orders])


def geometric(r, alpha, a, b, x, t_x, age, horizon, extra):
    if a == 1:
        a += mpf(10) ** -30
    n = x + extra
    orders = rf(r, x) * alpha ** r
    alive = orders * beta(a, b + n) / beta(a, b) / (alpha + age) ** (r + x)
    left = orders * beta(a + 1, b + n - 1) / beta(a, b) / (alpha + t_x) ** (r + x) if n else mpf(0)

    def ahead(x, age):
        n = x + extra
        z = horizon / (alpha + age + horizon)
        return (a + b + n - 1) / (a - 1) * (
            1 - (1 - z) ** (r + x) * hyp2f1(r + x, b + n, a + b + n - 1, z))

    stays = b / (a + b) if extra else 1
    return log(alive + left), alive / (alive + left), ahead(x, age), stays * ahead(0, 0)


def pareto(r, alpha, s, b, x, t_x, age, horizon):
    def part(y):
        k = r + s + x
        far, near, power = (alpha, b, s + 1) if alpha > b else (b, alpha, r + x)
        return hyp2f1(power, k, k + 1, (far - near) / (far + y)) / (far + y) ** k / k

    constant = rf(r, x) * alpha ** r * b ** s
    alive = constant / (alpha + age) ** (r + x) / (b + age) ** s
    left = constant * s * (part(t_x) - part(age))

    def ahead(x, age):
        return (r + x) * (b + age) / (alpha + age) / (s - 1) * (
            1 - ((b + age) / (b + age + horizon)) ** (s - 1))

    return log(alive + left), alive / (alive + left), ahead(x, age), ahead(0, 0)


def histories():
    behaviours = [
        ("0", "0", "0", "1"),
        ("0", "0", "270", "39"),
        ("2", "213", "272", "273"),
        ("29", "260", "272", "0.000001"),
        ("7", "7", "20000", "365"),
        ("300", "900", "1000", "10000"),
        ("3000", "9000", "10000", "3000"),
        ("3000", "9999", "10000", "0.5"),
        ("2500", "3000", "30000", "100"),
    ]
    geometrics = [
        ("0.243", "30.9", "0.793", "2.426"),
        ("0.5", "60", "1", "2.5"),
        ("0.001", "0.001", "0.01", "1000"),
        ("1000", "1000", "50", "0.01"),
        ("12", "0.02", "3", "900"),
        ("0.05", "3000", "0.003", "0.2"),
    ]
    paretos = [
        ("0.553", "74.05", "0.606", "81.68"),
        ("1.2", "50", "1.0000001", "20"),
        ("0.001", "0.001", "0.5", "1000"),
        ("1000", "1000", "0.001", "0.01"),
        ("12", "0.02", "40", "90000"),
        ("0.05", "3000", "3", "0.2"),
    ]
    for model, parameters in (("bg_nbd", geometrics), ("mbg_nbd", geometrics), ("pareto_nbd", paretos)):
        for case in product(parameters, behaviours):
            inputs = case[0] + case[1]
            numbers = list(map(mpf, inputs))
            numbers[4] = int(numbers[4])
            if model == "pareto_nbd":
                values = pareto(*numbers)
            else:
                values = geometric(*numbers, extra=int(model == "mbg_nbd"))
            yield (model,) + inputs + values


write("tails.csv", "ln of the integral and its derivatives by p, ln alpha, q, ln beta",
      ["p", "alpha", "q", "beta", "time", "value"]
      + [f"d{i}" for i in range(4)] + [f"d{i}{j}" for i in range(4) for j in range(i, 4)], tails())
write("models.csv", "log-likelihood, chance to be alive, and expected orders, days as the unit",
      ["model", "1", "2", "3", "4", "x", "t_x", "age", "horizon",
       "ln_likelihood", "alive", "orders_if_alive", "orders_of_new"], histories())
