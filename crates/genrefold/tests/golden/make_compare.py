"""Makes compare.json: tests of made-up differences, by SciPy and statsmodels.

Run it in this folder with numpy, scipy and statsmodels (made with 1.17.1 and 0.15.0 of the last two):
    python make_compare.py
"""

import json

import numpy as np
from scipy.stats import t as student
from statsmodels.stats.contingency_tables import mcnemar


def t_case(differences, test_share):
    """Nadeau & Bengio 2003: neither package has the correction; SciPy has the distribution."""
    differences = np.asarray(differences, dtype=np.float64)
    k = len(differences)
    error = np.sqrt((1 / k + test_share) * differences.var(ddof=1))
    mean = differences.mean()
    low, high = student.interval(0.95, k - 1, loc=mean, scale=error)
    p = 2 * student.sf(abs(mean / error), k - 1)
    return dict(differences=differences.tolist(), test_share=test_share, mean=mean, low=low, high=high, p=p)


def mcnemar_case(only_first, only_second):
    table = [[50, only_first], [only_second, 20]]
    p = 1.0 if only_first + only_second == 0 else mcnemar(table, exact=True).pvalue
    return dict(only_first=only_first, only_second=only_second, p=min(1.0, float(p)))


def main():
    rng = np.random.default_rng(2003)
    t_tests = [
        t_case(rng.normal(shift, 0.02, k), share)
        for k, share, shift in [
            (2, 1.0, 0.01),
            (2, 0.5, 0.0),
            (3, 0.5, 0.03),
            (4, 1 / 3, -0.02),
            (5, 0.25, 0.0),
            (5, 0.3, 0.08),
            (6, 0.2, 0.01),
            (7, 1 / 6, -0.05),
            (8, 1 / 7, 0.002),
            (9, 0.125, 0.2),
            (10, 1 / 9, 0.017),
            (10, 1 / 9, -0.4),
            (10, 0.15, 0.0001),
        ]
    ]
    counts = [(0, 0), (1, 0), (0, 2), (5, 5), (5, 6), (12, 3), (3, 12), (20, 41), (0, 60), (310, 250)]
    counts += [(4000, 4100), (4100, 4000), (4000, 4400), (100000, 100700)]
    cases = dict(t_tests=t_tests, mcnemar=[mcnemar_case(*pair) for pair in counts])
    with open("compare.json", "w") as file:
        for begin, name, end in [("{", "t_tests", ",\n"), ("", "mcnemar", "\n}\n")]:
            rows = ",\n".join(json.dumps(each) for each in cases[name])
            file.write(f'{begin}"{name}": [\n{rows}\n]{end}')


if __name__ == "__main__":
    main()
