"""W-MSE in PyTorch: whitening by the inverse of a Cholesky factor, as in htdt/self-supervised (Ermolov et al. 2021).

Slice after slice, as the authors do, or all slices as one batch. Rows are taken in order: a permutation would cost a
gather.
"""

import torch
import torch.nn.functional as F

WINDOW = 256
EPS = 1e-6


def whiten(x):
    """Slices (s, w, d): covariance with shrinkage, its Cholesky factor, a triangular solve for the whitened rows."""
    centred = x - x.mean(dim=1, keepdim=True)
    eye = torch.eye(x.shape[2], dtype=x.dtype, device=x.device)
    covariance = (centred.transpose(1, 2) @ centred) * ((1 - EPS) / (x.shape[1] - 1)) + EPS * eye
    factor = torch.linalg.cholesky_ex(covariance)[0]  # without a wait for the device to look for a bad slice
    inverse = torch.linalg.solve_triangular(factor, eye.expand_as(factor), upper=False)
    return centred @ inverse.transpose(1, 2)


def distance(x, y):
    """Mean of 2 - 2 cos over the rows."""
    return (2 - 2 * (F.normalize(x, dim=2) * F.normalize(y, dim=2)).sum(dim=2)).mean()


def loop(a, b):
    slices = a.shape[0] // WINDOW
    total = 0
    for s in range(slices):
        rows = slice(s * WINDOW, (s + 1) * WINDOW)
        total = total + distance(whiten(a[rows].unsqueeze(0)), whiten(b[rows].unsqueeze(0)))
    return total / slices


def batched(a, b):
    shape = (a.shape[0] // WINDOW, WINDOW, a.shape[1])
    return distance(whiten(a.view(shape)), whiten(b.view(shape)))
