"""How big the made-up worlds are: every number of records that the bulk simulator writes stands here."""

from __future__ import annotations

from dataclasses import dataclass

from policestats.errors import SettingsError, nearest


@dataclass(frozen=True)
class Size:
    """A world: its tree of units, what happens in a year, and what is collected when it begins."""

    name: str
    cities: int
    counties: int
    stations: int
    communities_per_station: int
    incidents_per_year: int
    criminal_cases_per_year: int
    admin_cases_per_year: int
    disputes_per_year: int
    inspections_per_year: int
    addresses: int
    residents: int
    houses: int
    organisations: int
    security_elements: int

    def scaled(self, scale: float) -> Size:
        """Return the same tree with ``scale`` times the records, at least one of each kind.

        Raises: SettingsError unless 0 < scale <= 1.
        """
        return self._scaled("scale", scale, (*_EVENTS, *_OBJECTS))

    def with_objects(self, scale: float) -> Size:
        """Return the same tree and events with ``scale`` times the collected objects, at least one of each kind.

        Raises: SettingsError unless 0 < scale <= 1.
        """
        return self._scaled("object_scale", scale, _OBJECTS)

    def _scaled(self, name: str, scale: float, counted: tuple[str, ...]) -> Size:
        if not 0 < scale <= 1:
            raise SettingsError(f"{name} is {scale}; give a number above 0 and at most 1")
        return Size(**{**vars(self), **{count: max(1, round(vars(self)[count] * scale)) for count in counted}})

    @property
    def objects(self) -> int:
        """Number of collected objects of all kinds."""
        return self.addresses + self.residents + self.houses + self.organisations + self.security_elements


_EVENTS = ("incidents_per_year", "criminal_cases_per_year", "admin_cases_per_year", "disputes_per_year", "inspections_per_year")
_OBJECTS = ("addresses", "residents", "houses", "organisations", "security_elements")

SIZES = {
    size.name: size
    for size in (
        Size(
            name="city",
            cities=1,
            counties=8,
            stations=100,
            communities_per_station=8,
            incidents_per_year=100_000,
            criminal_cases_per_year=12_000,
            admin_cases_per_year=25_000,
            disputes_per_year=10_000,
            inspections_per_year=20_000,
            addresses=270_000,
            residents=420_000,
            houses=240_000,
            organisations=40_000,
            security_elements=30_000,
        ),
        Size(
            name="province",
            cities=14,
            counties=120,
            stations=1_653,
            communities_per_station=10,
            incidents_per_year=1_000_000,
            criminal_cases_per_year=120_000,
            admin_cases_per_year=250_000,
            disputes_per_year=100_000,
            inspections_per_year=200_000,
            addresses=15_000_000,
            residents=23_000_000,
            houses=13_000_000,
            organisations=2_200_000,
            security_elements=1_800_000,
        ),
    )
}


def size_of(name: str) -> Size:
    """Return the size called ``name``.

    Raises: SettingsError when there is none.
    """
    if name not in SIZES:
        raise SettingsError(f"there is no size {name!r}; {nearest(name, SIZES)}")
    return SIZES[name]
