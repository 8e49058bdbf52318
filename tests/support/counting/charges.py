"""Where the charges that the simulator uses stand, by hand: the section of the law, and the charge that took over a retired one."""

from __future__ import annotations

from policestats.simulator.codes import CHARGES

_SUCCESSORS = {"R042": "C300", "R008": "C068"}
#: charges that only referrals of agencies name
_OTHER_PLACES = {"C344": "CH06S6", "C068": "CH03S1"}


def of_today(charge: str | None) -> str | None:
    """Return the charge under which ``charge`` counts: a retired one counts with its successor (corrections.md 6); None for an unknown one."""
    if charge in _SUCCESSORS:
        return _SUCCESSORS[charge]
    return charge if charge in CHARGES or charge in _OTHER_PLACES else None


def place(charge: str | None) -> str:
    """Return the section of the law, or the chapter where it has none; '' for an unknown charge."""
    if charge in CHARGES:
        return CHARGES[charge].place
    return _OTHER_PLACES.get(charge or "", "")
