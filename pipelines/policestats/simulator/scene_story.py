"""Examinations of scenes: when a crime happened, in what kind of place, by what means (form X18)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from policestats.simulator.case_followers import FollowedCase, Follower

#: Minutes between the earliest and the latest time of the act: none (known exactly), up to 8 hours, 8 hours, longer; unknown.
_WIDTHS = {"exact": 25, "short": 40, "limit": 5, "long": 24, "unknown": 6}
_LIMIT = 8 * 60
_PLACES = {f"PL{number:02d}": weight for number, weight in enumerate((26, 6, 12, 5, 2, 4, 2, 6, 7, 18, 6, 3, 3, 2), start=1)}
_MEANS = {f"MO{number:02d}": weight for number, weight in enumerate((12, 6, 1, 2, 9, 15, 8, 18, 4, 6, 3, 14), start=1)}
_BY_NETWORK = ("C222", "C257", "C139")


class SceneStory(Follower):
    """Has the scene of most cases examined, of some of them twice."""

    def filed(self, case: FollowedCase, day: date) -> None:
        """Plan an examination within some days."""
        if self.diary.chance(0.75):
            self.diary.plan(day + timedelta(days=self.diary.draw({0: 70, 1: 20, 4: 10})), lambda today: self._examine(case, today))

    def _examine(self, case: FollowedCase, day: date) -> None:
        diary, rng = self.diary, self.diary.rng
        unit = self.holder(case, day)
        entered = diary.entry([unit], day)
        if entered is None:
            return
        earliest_at, latest_at = self._interval(case.record["filed_on"])
        by_network = case.charge in _BY_NETWORK and diary.chance(0.6)
        place = "PL13" if by_network else diary.draw(_PLACES)
        means = "MO09" if by_network else diary.draw(_MEANS)
        self.world.systems["scene"].add(
            "scene_examination",
            scene_no=self.world.number("KY"),
            case_no=case.case_no,
            unit_code=unit,
            examined_on=day,
            entered_at=entered,
            earliest_at=earliest_at,
            latest_at=latest_at,
            place_code=rng.choice((None, "PL77")) if diary.chance(0.04) else place,
            means_code=rng.choice((None, "MO77")) if diary.chance(0.06) else means,
        )
        if diary.chance(0.06):  # a second examination; the last one holds
            diary.plan(day + timedelta(days=2 + diary.days(9)), lambda today: self._examine(case, today))

    def _interval(self, filed_on: date) -> tuple[datetime | None, datetime | None]:
        rng, kind = self.diary.rng, self.diary.draw(_WIDTHS)
        until = datetime.combine(filed_on, time(8)) - timedelta(minutes=rng.randrange(5 * 24 * 60))
        if kind == "unknown":
            return None, until
        if kind == "exact":
            return until, None
        minutes = {"short": rng.randrange(1, _LIMIT), "limit": _LIMIT, "long": rng.randrange(_LIMIT + 1, 10 * 24 * 60)}[kind]
        return until - timedelta(minutes=minutes), until
