"""Day by day through the made-up province: who does what on how many days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from policestats.simulator.admin_followers import AdminFollower
from policestats.simulator.admin_story import AdminStory
from policestats.simulator.calendar import add_months, month_text
from policestats.simulator.callback_story import CallbackStory
from policestats.simulator.case_followers import CaseFollowers, Follower
from policestats.simulator.confiscation_story import ConfiscationStory
from policestats.simulator.criminal_story import CriminalStory
from policestats.simulator.diary import Diary
from policestats.simulator.dispute_story import DisputeStory
from policestats.simulator.incident_story import IncidentStory
from policestats.simulator.inspection_story import InspectionStory
from policestats.simulator.laboratory_story import LaboratoryStory
from policestats.simulator.mediation_story import MediationStory
from policestats.simulator.minor_story import MinorStory
from policestats.simulator.money_story import MoneyStory
from policestats.simulator.object_story import ObjectStory
from policestats.simulator.property_story import PropertyStory
from policestats.simulator.register_story import RegisterStory, register_population
from policestats.simulator.remedy_story import RemedyStory
from policestats.simulator.response_story import ResponseStory
from policestats.simulator.scene_story import SceneStory
from policestats.simulator.suspect_story import SuspectStory
from policestats.simulator.time_limit_story import TimeLimitStory
from policestats.simulator.victim_story import VictimStory
from policestats.simulator.violence_story import ViolenceStory
from policestats.simulator.world import World

#: What follows from criminal cases, each with the topic of its dice.
_FOLLOWERS: dict[str, type[Follower]] = {
    "suspects": SuspectStory,
    "victims": VictimStory,
    "scenes": SceneStory,
    "property": PropertyStory,
    "money": MoneyStory,
    "laboratory": LaboratoryStory,
    "registers": RegisterStory,
}
#: What follows from administrative cases, each with the topic of its dice.
_ADMIN_FOLLOWERS: dict[str, type[AdminFollower]] = {
    "mediation": MediationStory,
    "time limits": TimeLimitStory,
    "remedies": RemedyStory,
    "minors": MinorStory,
    "confiscations": ConfiscationStory,
}
_CALLS = {0: 20, 1: 30, 2: 25, 3: 15, 4: 10}


def live(world: World, rng: Random, *, warm_up: date, first: date, after: date, progress: Callable[[str], None] | None) -> None:
    """Live through all days from ``warm_up`` up to ``after``; calls begin on ``first``, cases and disputes before."""
    diary = Diary(world, rng, now=world.now, last_day=after - timedelta(days=1))
    admin_followers = [story(world, topic, now=diary.now, last_day=diary.last_day) for topic, story in _ADMIN_FOLLOWERS.items()]
    admin = AdminStory(diary, admin_followers)
    criminal = CriminalStory(diary, on_withdrawn=lambda case, day: admin.take_over(case, day))

    def open_case(station: str, day: date, dispute_no: str) -> str | None:
        """Open a criminal or, more often, an administrative case for a dispute; return its number."""
        if diary.chance(0.4):
            crime = criminal.file(station, day, dispute_no=dispute_no)
            return None if crime is None else crime.case_no
        offence = admin.register(station, day, is_dispute_origin=True)
        return None if offence is None else offence.case_no

    def punish(station: str, day: date) -> str | None:
        """Open an administrative case for what an inspection found; return its number."""
        offence = admin.register(station, day, source="found")
        return None if offence is None else offence.case_no

    disputes = DisputeStory(diary, open_case=open_case)
    callbacks = CallbackStory(diary)
    violence = ViolenceStory(world, now=diary.now, last_day=diary.last_day)
    responses = ResponseStory(world, now=diary.now, last_day=diary.last_day)
    incidents = IncidentStory(diary, criminal, admin, disputes, callbacks, violence, responses)
    objects, inspections = ObjectStory(diary), InspectionStory(diary, punish=punish)
    followers = CaseFollowers(world, [story(world, topic, now=diary.now, last_day=diary.last_day) for topic, story in _FOLLOWERS.items()])
    register_population(world, warm_up, after)
    for station in world.province.stations(warm_up):
        objects.begin(station, warm_up)
        inspections.begin(station, warm_up)
    day = warm_up
    while day < after:
        for station in world.province.stations(day):
            if world.is_silent([station], day):
                continue
            for _ in range(diary.draw(_CALLS) if day >= first else 0):
                incidents.call(station, day)
            if diary.chance(0.12 if day >= first else 0.3):
                criminal.file(station, day)
            if diary.chance(0.2 if day >= first else 0.5):
                admin.register(station, day)
            if diary.chance(0.012):
                criminal.receive(station, day)
            if diary.chance(0.01):
                admin.receive(station, day)
            if diary.chance(0.15):
                disputes.find(station, day)
            objects.work(station, day)
            if day >= first:
                inspections.work(station, day)
        diary.do(day)
        followers.follow(day)
        for desk in (*(follower.diary for follower in admin_followers), violence.diary, responses.diary):
            desk.do(day)
        day += timedelta(days=1)
        if progress is not None and day.day == 1:
            written = ", ".join(f"{sum(map(len, records.tables.values()))} in {name}" for name, records in world.systems.items())
            progress(f"{month_text(add_months(day, -1))}: {written}")
