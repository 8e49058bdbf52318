"""The figures of a column at every unit and row, held only where they are: most cells of a large form are zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policestats.reports.exact import Flags, Integers, zeros

Positions = npt.NDArray[np.int64]
#: asked for more rows than this, a column is laid out whole instead of searched
_FEW = 8


@dataclass(frozen=True, eq=False)
class Figures:
    """Figures at [unit, row] in whole millionths.

    ``at`` holds ascending positions (unit * rows + row), ``values`` the figures there. Elsewhere the figure is 0 in the rows that
    ``is_zero`` flags, and there is none in the others: an absent count is a true zero, an absent rate has no base.
    """

    units: int
    rows: int
    at: Positions
    values: Integers
    is_zero: Flags

    @classmethod
    def of_counts(cls, units: int, rows: int, values: Integers, applies: Flags) -> Figures:
        """Return the figures of a count laid out as ``values`` [unit, row]; it has none in rows to which it does not apply."""
        at = np.flatnonzero((values != 0) & applies[None, :])
        return cls(units, rows, at, values.reshape(-1)[at], applies)

    @classmethod
    def of_rates(cls, units: int, rows: int, values: Integers, defined: Flags) -> Figures:
        """Return the figures ``values`` [unit, row] where they are ``defined``."""
        at = np.flatnonzero(defined)
        return cls(units, rows, at, values.reshape(-1)[at], np.zeros(rows, dtype=bool))

    @classmethod
    def none(cls, units: int, rows: int) -> Figures:
        """Return a column without any figure."""
        return cls(units, rows, zeros((0,)), zeros((0,)), np.zeros(rows, dtype=bool))

    def dense(self) -> tuple[Integers, Flags]:
        """Return (values, defined), both [unit, row]; 0 where there is no figure."""
        values = np.zeros(self.units * self.rows, dtype=self.values.dtype)
        values[self.at] = self.values
        defined = np.broadcast_to(self.is_zero, (self.units, self.rows)).copy()
        defined.reshape(-1)[self.at] = True
        return values.reshape(self.units, self.rows), defined

    def at_rows(self, rows: Positions) -> tuple[Integers, Flags]:
        """Return (values, defined) in the given rows, both [unit, len(rows)]."""
        if len(rows) > _FEW or not len(self.at):
            values, defined = self.dense()
            return values[:, rows], defined[:, rows]
        asked = (np.arange(self.units)[:, None] * self.rows + rows[None, :]).reshape(-1)
        found = np.minimum(np.searchsorted(self.at, asked), len(self.at) - 1)
        hit = self.at[found] == asked
        values = np.zeros(len(asked), dtype=self.values.dtype)
        values[hit] = self.values[found[hit]]
        shape = (self.units, len(rows))
        return values.reshape(shape), hit.reshape(shape) | self.is_zero[rows][None, :]
