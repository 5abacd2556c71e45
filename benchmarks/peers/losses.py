"""The losses as their authors write them in PyTorch, and Barlow Twins and VICReg by the duality, by hand.

||A^T B||_F^2 = <A A^T, B B^T>_F: the sums over the (d, d) correlation or covariance come from two (n, n) Gram matrices.
"""

import torch
import torch.nn.functional as F

TEMPERATURE = 0.1
LAMBDA = 0.0051
BARLOW_EPS = 1e-5
VICREG_EPS = 1e-4


def nt_xent(a, b):
    """Chen et al. 2020, as in lightly: all similarities, the diagonal excluded, cross entropy with the other view."""
    n = a.shape[0]
    u = torch.cat([F.normalize(a, dim=1), F.normalize(b, dim=1)])
    logits = (u @ u.t()) / TEMPERATURE
    diagonal = torch.eye(2 * n, dtype=torch.bool, device=a.device)
    logits = logits.masked_fill(diagonal, float("-inf"))
    first = torch.arange(n, device=a.device)
    return F.cross_entropy(logits.float(), torch.cat([first + n, first]))


def off_diagonal(c):
    """All entries but the diagonal, as the authors of Barlow Twins cut them out."""
    n = c.shape[0]
    return c.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()


def standardize(z):
    return F.batch_norm(z, None, None, training=True, eps=BARLOW_EPS)


def barlow_twins(a, b):
    """Zbontar et al. 2021, as in facebookresearch/barlowtwins, without its projector."""
    c = (standardize(a).t() @ standardize(b)) / a.shape[0]
    on = (torch.diagonal(c) - 1).square().sum()
    return on + LAMBDA * off_diagonal(c).square().sum()


def barlow_twins_dual(a, b):
    n = a.shape[0]
    za, zb = standardize(a), standardize(b)
    diagonal = (za * zb).mean(dim=0)
    everything = ((za @ za.t()) * (zb @ zb.t())).sum() / (n * n)
    on = (diagonal - 1).square().sum()
    return on + LAMBDA * (everything - diagonal.square().sum())


def hinge(centred):
    return F.relu(1 - torch.sqrt(centred.var(dim=0) + VICREG_EPS)).mean() / 2


def vicreg(x, y):
    """Bardes et al. 2022, as in facebookresearch/vicreg: weights 25, 25, 1, halved variance."""
    n, d = x.shape
    invariance = F.mse_loss(x, y)
    x, y = x - x.mean(dim=0), y - y.mean(dim=0)
    covariance = sum(off_diagonal((z.t() @ z) / (n - 1)).square().sum() / d for z in (x, y))
    return 25 * invariance + 25 * (hinge(x) + hinge(y)) + covariance


def vicreg_dual(x, y):
    n, d = x.shape
    invariance = F.mse_loss(x, y)
    x, y = x - x.mean(dim=0), y - y.mean(dim=0)
    covariance = 0
    for z in (x, y):
        gram = (z @ z.t()) / (n - 1)
        covariance = covariance + (gram.square().sum() - z.var(dim=0).square().sum()) / d
    return 25 * invariance + 25 * (hinge(x) + hinge(y)) + covariance
