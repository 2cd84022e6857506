"""Order histories of made-up customers. Each file is made once and kept under `data/histories`.

    python histories.py MODEL CUSTOMERS

A file has one line a customer, `x,t_x_days,age_days,customers`, the last of which is 1: days with
an order after the first such day, days from the first to the last, days from the first to the last
known day. Everybody joins on a day of the first year and is observed until 78 weeks are over.
"""

import argparse
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "histories"
SEED = 20050501
DAYS = 78 * 7
INTAKE = 364

RATES = {"bg_nbd": (0.243, 4.414), "mbg_nbd": (0.525, 6.183), "pareto_nbd": (0.553, 10.578)}
"""r and alpha: orders a week are gamma distributed. All are those of CDNOW."""
LEAVES_BY_CHANCE = {"bg_nbd": (0.793, 2.426), "mbg_nbd": (0.891, 1.614)}
"""a and b: the chance to leave after an order is beta distributed."""
LEAVES_IN_TIME = {"pareto_nbd": (0.606, 11.669)}
"""s and beta: the rate at which a customer leaves is gamma distributed."""


def histories(model: str, customers: int) -> Path:
    """The histories of a number of customers who behave as a model says."""
    path = FOLDER / f"{model}_{customers}.csv"
    if not path.exists():
        import numpy as np

        FOLDER.mkdir(parents=True, exist_ok=True)
        made = path.with_suffix(".made")
        columns = simulate(np.random.default_rng(SEED), model, customers)
        np.savetxt(made, np.column_stack(columns), "%d", ",", comments="",
                   header="x,t_x_days,age_days,customers")
        made.rename(path)
    return path


def simulate(random, model: str, customers: int) -> tuple:
    """The columns of a file. Several orders of a day are one, as they are in the models' data."""
    import numpy as np

    age = DAYS - random.integers(0, INTAKE, customers)
    r, alpha = RATES[model]
    between = 7 / random.gamma(r, 1 / alpha, customers)
    chance, end = np.zeros(customers), age + 1.0
    if model in LEAVES_BY_CHANCE:
        chance = random.beta(*LEAVES_BY_CHANCE[model], customers)
    if model in LEAVES_IN_TIME:
        s, beta = LEAVES_IN_TIME[model]
        end = np.minimum(end, random.exponential(7 / random.gamma(s, 1 / beta, customers)))

    x, last = np.zeros((2, customers), int)
    now = np.zeros(customers)
    there = np.arange(customers)
    if model == "mbg_nbd":
        there = there[random.random(customers) >= chance]
    while there.size:
        now[there] += random.exponential(between[there])
        there = there[now[there] < end[there]]
        day = now[there].astype(int)
        x[there] += day > last[there]
        last[there] = day
        there = there[random.random(there.size) >= chance[there]]
    return x, last, age, np.ones(customers, int)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=RATES)
    parser.add_argument("customers", type=int)
    arguments = parser.parse_args()
    histories(arguments.model, arguments.customers)


if __name__ == "__main__":
    main()
