"""Whether a coefficient rests on one cluster alone: its variation then cannot be told from the coefficient."""

import numpy as np

# Shares below this are none.
NOTHING = 1e-8


def rests_on_one_cluster(information: np.ndarray, gradient: np.ndarray) -> bool:
    """Whether a quantity with this gradient (p,) could not be estimated without some one cluster.

    The variation of that cluster then cannot be told from the quantity, and no cluster-robust variance holds.
    Any information (K, p, p) that is positive where the columns of the cluster are not zero gives the same answer, X'X say.
    """
    root, left, axes = shares(information)
    along = np.einsum("kij,i->kj", axes, root.T @ gradient)
    return bool(np.abs(along[left < NOTHING]).max(initial=0) > np.sqrt(NOTHING) * np.linalg.norm(along[0]))


def shares(information: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A root L of the inverse information, and eigenvalues (K, p) and axes (K, p, p) of what each cluster leaves, I - L'BL."""
    root = np.linalg.inv(np.linalg.cholesky(information.sum(axis=0))).T
    left, axes = np.linalg.eigh(np.eye(len(root)) - root.T @ information @ root)
    return root, left, axes
