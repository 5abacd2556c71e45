"""Measures PyTorch beside Gramian.

    python3 run.py --work FOLDER --out peers.json [--device cuda|cpu] [--check-only] [--quick]

FOLDER is what Gramian's side left: work.json and small cases with inputs and results. A peer that does not compute what
we compute is not timed: exit code 1, after everything else was measured.
"""

import argparse
import array
import json
import math
import os
import sys

import torch

import losses
import spectra
import timing
import training
import whitening

# On every kernel: the peers by name, each with what it computes and whether it is compiled.
PAIRS = {
    "barlow-twins": {
        "torch": (losses.barlow_twins, False),
        "torch-compile": (losses.barlow_twins, True),
        "torch-dual": (losses.barlow_twins_dual, False),
        "torch-dual-compile": (losses.barlow_twins_dual, True),
    },
    "vicreg": {
        "torch": (losses.vicreg, False),
        "torch-compile": (losses.vicreg, True),
        "torch-dual": (losses.vicreg_dual, False),
        "torch-dual-compile": (losses.vicreg_dual, True),
    },
    "nt-xent": {"torch": (losses.nt_xent, False), "torch-compile": (losses.nt_xent, True)},
    "w-mse": {
        "torch-loop": (whitening.loop, False),
        "torch-batched": (whitening.batched, False),
        "torch-batched-compile": (whitening.batched, True),
    },
}
SPECTRA = {
    "singular-values": {"torch-svdvals": spectra.svdvals, "torch-gram-eigh": spectra.gram_eigh},
    "eigenvalues": {"torch-eigvalsh": spectra.eigvalsh},
}
LOSS_TOLERANCE = 1e-5
TOLERANCE = 1e-4  # norm of a difference, as a share of the norm: float32 sums in another order


def read(folder, name):
    with open(os.path.join(folder, name + ".f32"), "rb") as file:
        values = array.array("f", file.read())
    if sys.byteorder != "little":
        values.byteswap()
    return torch.tensor(values, dtype=torch.float32)


def set_precision(precision):
    """How products of float32 matrices round: "high" is TF32. bfloat16 is a matter of autocast."""
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")


def value_and_gradient(function, a, b, precision="float32"):
    """One call: loss and gradients of both views, which replace older ones."""
    a.grad = b.grad = None
    with torch.autocast(a.device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):
        loss = function(a, b)
    loss.backward()
    return loss


def apart(ours, theirs):
    """Norm of the difference as a share of our norm; NaN stays NaN, which is below no tolerance."""
    norm = ours.double().norm()
    difference = (ours.double() - theirs.double().flatten()).norm()
    return 0.0 if difference == 0 else (difference / norm).item()


def check_pair(folder, shape, function, device):
    a, b = (read(folder, name).view(shape).to(device).requires_grad_() for name in ("a", "b"))
    loss = value_and_gradient(function, a, b)
    ours = read(folder, "loss").item()
    error = abs(loss.item() - ours) / abs(ours)
    if not error <= LOSS_TOLERANCE:
        return math.inf if math.isnan(error) else error
    gradients = [apart(read(folder, "d" + name), z.grad.cpu()) for name, z in (("a", a), ("b", b))]
    return max(gradients + [error], key=lambda e: math.inf if math.isnan(e) else e)


def check(case, root, device):
    """Errors of every peer of a kernel on one small case, by name; eager forms, since compiling is PyTorch's affair."""
    kernel, rows, columns = case["kernel"], case["rows"], case["columns"]
    folder = os.path.join(root, case["folder"])
    if kernel == "step":
        ours = int(read(folder, "parameters").item())
        return {"torch": abs(training.parameters() - ours) / ours}
    if kernel in PAIRS:
        shape = (rows // 2 if kernel == "nt-xent" else rows, columns)
        functions = {name: f for name, (f, compiled) in PAIRS[kernel].items() if not compiled}
        return {name: check_pair(folder, shape, f, device) for name, f in functions.items()}
    shape = (rows, columns, columns) if kernel == "eigenvalues" else (rows, columns)
    z = read(folder, "a").view(shape).to(device)
    return {name: apart(read(folder, "values"), f(z).cpu()) for name, f in SPECTRA[kernel].items()}


def views(rows, columns, device):
    generator = torch.Generator(device=device).manual_seed(1)
    common, first, second = (torch.randn(rows, columns, device=device, generator=generator) for _ in range(3))
    return (common + 0.5 * first).requires_grad_(), (common + 0.5 * second).requires_grad_()


def call_of(row, peer, device):
    """What is timed: a function without arguments."""
    kernel, rows, columns = row["kernel"], row["rows"], row["columns"]
    if kernel == "step":
        return training.Step(rows, columns, device, peer.endswith("compile"))
    if kernel in PAIRS:
        function, compiled = PAIRS[kernel][peer]
        a, b = views(rows // 2 if kernel == "nt-xent" else rows, columns, device)
        if compiled:
            function = torch.compile(function)
        return lambda: value_and_gradient(function, a, b, row["precision"])
    function = SPECTRA[kernel][peer]
    if kernel == "eigenvalues":
        x = torch.randn(rows, 2 * columns, columns, device=device)
        z = x.transpose(1, 2) @ x / (2 * columns)
    else:
        z = views(rows, columns, device)[0].detach()
    return lambda: function(z)


def measure(row, peer, device, quick, results):
    where = (row["kernel"], row["shape"], peer)
    torch.compiler.reset()
    set_precision(row["precision"])
    try:
        results.measured(*where, timing.measure(call_of(row, peer, device), device, quick))
    except torch.cuda.OutOfMemoryError:
        results.note(*where, "out of memory")
    except Exception as failure:  # one peer that fails must not cost the others
        results.note(*where, "failed: " + str(failure).strip().split("\n")[0][:80])
    if device.type == "cuda":
        torch.cuda.empty_cache()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True, help="folder that Gramian's side left")
    parser.add_argument("--out", required=True, help="file for the results")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--check-only", action="store_true", help="compare, measure nothing")
    parser.add_argument("--quick", action="store_true", help="one call each: whether everything runs, not how fast")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    results = timing.Results(arguments.out, device)
    with open(os.path.join(arguments.work, "work.json"), encoding="utf-8") as file:
        work = json.load(file)
    set_precision("float32")
    wrong = set()
    for case in work["checks"]:
        for name, error in check(case, arguments.work, device).items():
            where = f"{case['folder']} {name}"
            if error <= TOLERANCE:
                results.agreed(where, error)
            else:
                wrong.add((case["kernel"], name))
                print(f"{where}: differs from ours by {error:.2e}, allowed are {TOLERANCE:.0e}: not timed", flush=True)
    for row in [] if arguments.check_only else work["rows"]:
        for peer in row["peers"]:
            if (row["kernel"], peer.replace("-compile", "")) in wrong:
                results.note(row["kernel"], row["shape"], peer, "differs from ours")
            else:
                measure(row, peer, device, arguments.quick, results)
    results.write()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
