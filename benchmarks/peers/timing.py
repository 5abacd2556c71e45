"""Times calls as Gramian's GpuTimer does, and collects what was measured.

Warm-up, then samples of so many calls in a row that one sample takes 20 ms or more, from the first call until the
device is done with the last; the median of 21 samples.
"""

import json
import math
import os
import statistics
import time

import torch

SAMPLE_MILLIS = 20.0
WARM_UP_MILLIS = 300.0
SAMPLES = 21
MOST_CALLS = 2000


def synchronize(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def millis(call, calls, device):
    start = time.perf_counter()
    for _ in range(calls):
        call()
    synchronize(device)
    return (time.perf_counter() - start) * 1e3


def measure(call, device, quick=False):
    """Median, least and number of samples, in milliseconds of one call; and the bytes that the calls needed on top."""
    call()  # the first call compiles
    synchronize(device)
    extra = -1
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
    each = millis(call, 1, device)
    if device.type == "cuda":
        extra = torch.cuda.max_memory_allocated(device) - before
    spent = each
    while not quick and spent < WARM_UP_MILLIS:
        each = millis(call, 1, device)
        spent += each
    calls = 1 if quick else max(1, min(MOST_CALLS, math.ceil(SAMPLE_MILLIS / each)))
    samples = sorted(millis(call, calls, device) / calls for _ in range(1 if quick else SAMPLES))
    return statistics.median(samples), samples[0], len(samples), extra


class Results:
    """Measurements and notes, in the form that run-benchmarks merges; written anew after each."""

    def __init__(self, path, device):
        self.path = path
        self.content = {
            "pytorch": torch.__version__,
            "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else "no GPU",
            "agreement": {},
            "measurements": [],
            "notes": {},
        }

    def measured(self, kernel, shape, side, times):
        median, least, samples, extra = times
        self.content["measurements"].append(
            {
                "kernel": kernel,
                "shape": shape,
                "side": side,
                "medianMillis": median,
                "minMillis": least,
                "iterations": samples,
                "extraBytes": extra,
            }
        )
        print(f"{kernel} {shape} {side}: {median:.4f} ms", flush=True)
        self.write()

    def note(self, kernel, shape, side, why):
        self.content["notes"][f"{kernel} {shape} {side}"] = why
        print(f"{kernel} {shape} {side}: {why}", flush=True)
        self.write()

    def agreed(self, where, error):
        self.content["agreement"][where] = error
        print(f"{where}: agrees, at most {error:.1e} apart", flush=True)

    def write(self):
        fresh = self.path + ".new"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(self.content, file, indent=1)
        os.replace(fresh, self.path)
