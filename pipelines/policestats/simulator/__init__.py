"""A made-up province whose source databases are real databases, and its own count of what happened in it."""

from policestats.simulator.run import DEFAULT_SILENT, SimulationResult, simulate

__all__ = ["DEFAULT_SILENT", "SimulationResult", "simulate"]
