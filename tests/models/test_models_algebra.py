"""Elimination, Kenward-Roger, CR2 and group effects against the same equations with n-by-n matrices, four levels deep."""

import numpy as np
import pandas as pd
import pytest

from evaluation.models import FittedModel, fit

GROUPS = {"la": ["la"], "la:school": ["la", "school"], "la:school:group": ["la", "school", "group"]}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 180
    la, school, group = rng.integers(0, 5, n), rng.integers(0, 4, n), rng.integers(0, 3, n)
    x = rng.normal(3, 1, n)
    u, v = rng.normal(0, 1, (5, 4)), rng.normal(0, 0.7, (5, 4))
    y = x + rng.normal(0, 1, 5)[la] + u[la, school] + v[la, school] * (x - 3) + rng.normal(0, 1, n)
    y += rng.normal(0, 0.8, (5, 4, 3))[la, school, group]
    return pd.DataFrame({"la": la, "school": school, "group": group, "x": x, "y": y})


@pytest.fixture(scope="module")
def result(data: pd.DataFrame) -> FittedModel:
    return fit("y ~ x + (1 | la) + (1 + x | la:school) + (1 | la:school:group)", data)


def codes(data: pd.DataFrame, group: str) -> np.ndarray:
    return data.groupby(GROUPS[group]).ngroup().to_numpy()


def dense(result: FittedModel, data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """V, X, and the derivatives G of V in the variance parameters, the residual last."""
    n, table = result.n, result.variances
    v, derivatives = np.zeros((n, n)), []
    effects = {"Intercept": np.ones(n), "x": data["x"].to_numpy()}
    groups = {name: codes(data, name) for name in GROUPS}
    for row in table.itertuples():
        if row.group == "residual":
            g = np.eye(n)
        else:
            same = groups[row.group][:, None] == groups[row.group]
            g = np.outer(effects[row.term_1], effects[row.term_2])
            g = same * (g if row.term_1 == row.term_2 else g + g.T)
        v += row.variance * g
        derivatives.append(g)
    return v, np.column_stack([np.ones(n), data["x"]]), derivatives


def test_kenward_roger_equals_its_definition(result: FittedModel, data: pd.DataFrame) -> None:
    v, x, g = dense(result, data)
    w = np.linalg.inv(v)
    phi = np.linalg.inv(x.T @ w @ x)
    p = w - w @ x @ phi @ x.T @ w
    information = np.array([[np.trace(p @ a @ p @ b) for b in g] for a in g]) / 2
    cov = np.linalg.inv(information)
    first = [-x.T @ w @ a @ w @ x for a in g]
    bend = sum(
        cov[i, j] * (x.T @ w @ g[i] @ w @ g[j] @ w @ x - first[i] @ phi @ first[j])
        for i in range(len(g))
        for j in range(len(g))
    )
    adjusted = phi + 2 * phi @ bend @ phi
    assert result.inference("wald")["std_error"].tolist() == pytest.approx(np.sqrt(np.diag(phi)), rel=1e-9)
    assert result.coefficients["std_error"].tolist() == pytest.approx(np.sqrt(np.diag(adjusted)), rel=1e-9)
    pull = np.array([np.diag(phi @ a @ phi) for a in first]) / np.diag(phi)
    df = 2 / np.einsum("ik,ij,jk->k", pull, cov, pull)
    assert result.coefficients["df"].tolist() == pytest.approx(df, rel=1e-8)


def test_criterion_and_its_stationarity(result: FittedModel, data: pd.DataFrame) -> None:
    v, x, g = dense(result, data)
    y, w = data["y"].to_numpy(), np.linalg.inv(v)
    phi = np.linalg.inv(x.T @ w @ x)
    p = w - w @ x @ phi @ x.T @ w
    n, k = x.shape
    logs = np.linalg.slogdet(v)[1] - np.linalg.slogdet(phi)[1]
    assert result.reml_criterion == pytest.approx((n - k) * np.log(2 * np.pi) + logs + y @ p @ y, rel=1e-11)
    scores = [np.trace(p @ a) - y @ p @ a @ p @ y for a in g]
    sizes = [np.sqrt(2 * np.trace(p @ a @ p @ a)) for a in g]
    assert np.abs(np.array(scores) / sizes).max() < 1e-6


def test_cr2_equals_its_definition(result: FittedModel, data: pd.DataFrame) -> None:
    v, x, _ = dense(result, data)
    y, w = data["y"].to_numpy(), np.linalg.inv(v)
    m = np.linalg.inv(x.T @ w @ x)
    e = y - x @ m @ x.T @ w @ y
    cluster = codes(data, "la")
    scores, pulls = [], []
    for j in np.unique(cluster):
        rows = cluster == j
        t, xj = v[np.ix_(rows, rows)], x[rows]
        d = np.linalg.cholesky(t).T
        size, axes = np.linalg.eigh(d @ (t - xj @ m @ xj.T) @ d.T)
        size = np.where(size > 1e-9, np.maximum(size, 1e-9) ** -0.5, 0)
        a = d.T @ (axes * size @ axes.T) @ d
        transfer = m @ xj.T @ np.linalg.inv(t) @ a
        scores.append(transfer @ e[rows])
        outside = np.eye(len(y))[rows] - xj @ m @ x.T @ w
        pulls.append(transfer @ outside)
    cov = sum(np.outer(s, s) for s in scores)
    ours = result.inference("cr2")
    assert ours["std_error"].tolist() == pytest.approx(np.sqrt(np.diag(cov)), rel=1e-8)
    for k, df in enumerate(ours["df"]):
        p = np.array([pull[k] for pull in pulls])
        moments = p @ v @ p.T
        assert df == pytest.approx(np.trace(moments) ** 2 / (moments**2).sum(), rel=1e-8)


def test_group_effects_equal_their_definition(result: FittedModel, data: pd.DataFrame) -> None:
    v, x, _ = dense(result, data)
    y, w = data["y"].to_numpy(), np.linalg.inv(v)
    beta = result.coefficients["estimate"].to_numpy()
    variances = result.variances.set_index(["group", "term_1", "term_2"])["variance"]
    z = {"Intercept": np.ones(len(y)), "x": data["x"].to_numpy()}
    for name in GROUPS:
        table, group = result.group_effects(name), codes(data, name)
        for term in table["term"].unique():
            d = {a: variances.get((name, *sorted([term, a])), 0.0) for a in z}
            share = sum(d[a] * z[a] for a in z)  # covariance of the effect with each row of its own group
            ours = table[table["term"] == term]
            cov = np.array([(group == k) * share for k in range(group.max() + 1)])
            assert ours["estimate"].tolist() == pytest.approx(cov @ w @ (y - x @ beta), abs=1e-8)
            left = variances[name, term, term] - np.einsum("kn,nm,km->k", cov, w, cov)
            assert ours["std_error"].tolist() == pytest.approx(np.sqrt(left), rel=1e-7)


def test_shares_of_variance_add_up(result: FittedModel, data: pd.DataFrame) -> None:
    v, *_ = dense(result, data)
    between = result.group_variances
    assert between.sum() + result.residual_variance == pytest.approx(np.diag(v).mean(), rel=1e-10)
    assert result.icc.tolist() == pytest.approx(between / np.diag(v).mean(), rel=1e-10)
