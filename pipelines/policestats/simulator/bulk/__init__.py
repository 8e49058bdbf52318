"""A made-up city or province, written set-wise: the six source systems of ``simulator.databases`` at their real size, and a tally."""

from policestats.simulator.bulk.run import BulkResult, simulate_bulk
from policestats.simulator.bulk.sizes import SIZES, Size
from policestats.simulator.bulk.touch import Touched, touch
from policestats.simulator.bulk.write import load, load_changes

__all__ = ["SIZES", "BulkResult", "Size", "Touched", "load", "load_changes", "simulate_bulk", "touch"]
