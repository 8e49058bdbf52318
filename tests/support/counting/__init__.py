"""Counts the forms a second time, in plain Python, from what the simulator's stations entered; shares no code with the engine."""
