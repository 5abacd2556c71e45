"""Singular values and eigenvalues in PyTorch; nothing is read back to the host."""

import torch


def svdvals(z):
    return torch.linalg.svdvals(z)


def gram_eigh(z):
    """By the eigenvalues of the smaller Gram matrix, in float64: what a careful user would write."""
    z = z.double()
    gram = z @ z.t() if z.shape[0] <= z.shape[1] else z.t() @ z
    values = torch.linalg.eigvalsh(gram)
    return values.clamp_min(0).sqrt().flip(0)


def eigvalsh(s):
    """Descending eigenvalues of every matrix of a batch."""
    return torch.linalg.eigvalsh(s).flip(-1)
