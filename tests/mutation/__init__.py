"""Breaks every definition on purpose and looks whether a hand-computed case notices: `make mutate`."""
