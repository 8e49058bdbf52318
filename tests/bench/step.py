"""Runs one function in this process and prints what it took: `python -m tests.bench.step MODULE:FUNCTION [ARGUMENT ...]`."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time


def main() -> None:
    """Call the function with its arguments (text) and print a line of JSON: seconds, those of the processors, peak in MiB, and what the function returned.

    The clock covers the call with the imports it makes itself, not the start of the interpreter.
    """
    module, _, function = sys.argv[1].partition(":")
    call = getattr(importlib.import_module(module), function)
    start, cpu_start = time.perf_counter(), time.process_time()
    result = call(*sys.argv[2:])
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": peak_mib, "result": result}))


if __name__ == "__main__":
    main()
