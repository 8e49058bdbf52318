"""What people call about in the made-up province, and what the desk makes of it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from policestats.simulator import incident_acts as acts
from policestats.simulator.admin_story import AdminStory
from policestats.simulator.callback_story import CallbackStory
from policestats.simulator.codes import PREVENTABLE_MO, UNKNOWN_TYPE
from policestats.simulator.criminal_story import UNKNOWN_UNITS, CriminalStory
from policestats.simulator.diary import Diary
from policestats.simulator.dispute_story import DisputeStory
from policestats.simulator.incident_book import Incident
from policestats.simulator.response_story import ResponseStory
from policestats.simulator.violence_story import ViolenceStory

_TYPES = {
    "1000": 20, "2000": 26, "3000": 12, "4000": 1, "5000": 14, "6100": 5, "6210": 3, "6220": 4, "6230": 4, "7000": 2, "8000": 0.5,
    "9000": 0.5, "9900": 2, "0100": 2, "0200": 5, "0300": 0.7, "0410": 1, "0420": 3, "0500": 2, "0900": 1,
}  # fmt: skip
_CHANNELS = {"K1": 74, "K2": 3, "K3": 10, "K4": 7, "K5": 3, "K9": 2, "K7": 0.5, None: 0.5}  # K7 is in no list
_NON_POLICE = ("6210", "6220", "6230")


class IncidentStory:
    """Receives calls, and hands crimes and offences among them on to the case desks."""

    def __init__(
        self,
        diary: Diary,
        criminal: CriminalStory,
        admin: AdminStory,
        disputes: DisputeStory,
        callbacks: CallbackStory,
        violence: ViolenceStory,
        responses: ResponseStory,
    ) -> None:
        self.diary = diary
        self.world = diary.world
        self.criminal = criminal
        self.admin = admin
        self.disputes = disputes
        self.callbacks = callbacks
        self.violence = violence
        self.responses = responses
        self._last_valid: dict[str, Incident] = {}

    def call(self, station: str, day: date) -> None:
        """Receive one call for ``station`` at some moment of ``day``, the first and the last second included."""
        diary, rng = self.diary, self.diary.rng
        second = rng.choice((0, 86_399)) if diary.chance(0.01) else rng.randrange(86_400)
        at = datetime.combine(day, time()) + timedelta(seconds=second)
        entered = at + timedelta(seconds=rng.randrange(30, 200))
        if diary.chance(0.03):
            entered += timedelta(days=rng.randrange(1, 40))  # entered from paper: on this form it still counts on its day
        unit: str | None = station
        if diary.chance(0.004):
            unit = rng.choice(UNKNOWN_UNITS)
        if entered >= diary.now or self.world.is_silent([unit, station], day, entered):
            return
        intake = UNKNOWN_TYPE if diary.chance(0.006) else None if diary.chance(0.006) else diary.draw(_TYPES)
        incident = acts.receive_call(
            self.world,
            unit=unit,
            at=at,
            entered=entered,
            channel=diary.draw(_CHANNELS),
            intake_type=intake,
            is_domestic_violence=intake in ("2000", "5000") and diary.chance(0.12),
            is_telecom_fraud=intake == "1000" and diary.chance(0.2),
            mo=rng.choice((*PREVENTABLE_MO, "0900")) if intake in ("1000", "2000") and diary.chance(0.5) else None,
        )
        self._work(incident, station, at)
        if incident.record["is_domestic_violence"]:
            self.violence.called(incident, day)

    def _work(self, incident: Incident, station: str, at: datetime) -> None:
        diary, rng, day = self.diary, self.diary.rng, at.date()
        if incident.intake_class not in ("N1", "N2", "N3", "N4", "N9", "D") and diary.chance(0.8):
            for _ in range(diary.draw({1: 90, 2: 10})):
                sent_at = at + timedelta(seconds=rng.randrange(10, 600))
                if not self.world.is_silent([station, incident.record["unit_code"]], sent_at.date(), sent_at + timedelta(minutes=1)):
                    self.responses.sent(acts.dispatch(self.world, incident, at=sent_at), day)
        if incident.is_dispatched:
            self.callbacks.plan(incident, day)
        if diary.chance(0.93):  # the others are not handled yet
            intake = incident.record["intake_type_code"]
            keeps = intake is not None and intake != UNKNOWN_TYPE and diary.chance(0.88)
            final, handled_at = intake if keeps else diary.draw(_TYPES), self._handled_at(incident, station, at)
            acts.handle(self.world, incident, final_type=final, at=handled_at)
            self.responses.handled(incident, handled_at)
        if incident.final_class == "D" or diary.chance(0.03):
            into = self._last_valid.get(station)
            if into is not None and into is not incident:
                acts.merge(self.world, incident, into)
                return
        if incident.record["final_type_code"] in _NON_POLICE and diary.chance(0.6):
            day_of_it = day + timedelta(days=rng.randrange(2))
            if day_of_it <= diary.last_day and not self.world.is_silent([station, incident.record["unit_code"]], day_of_it):
                acts.divert(self.world, incident, on=day_of_it)
        if incident.final_class == "V1" and diary.chance(0.85):
            crime = self.criminal.file(station, day)
            if crime is not None:
                acts.link(self.world, incident, case_no=crime.case_no)
        elif incident.final_class == "V2" and diary.chance(0.85):
            offence = self.admin.register(station, day)
            if offence is not None:
                acts.link(self.world, incident, case_no=offence.case_no)
        elif incident.final_class == "V5" and diary.chance(0.35):
            self.disputes.find(station, day, call=incident)
        if incident.final_class.startswith("V"):
            self._last_valid[station] = incident

    def _handled_at(self, incident: Incident, station: str, at: datetime) -> datetime:
        """Draw when the type after handling is written: within hours, or weeks later, when the month is long closed."""
        moment = at + timedelta(hours=self.diary.rng.randrange(1, 8))
        if self.diary.chance(0.12):
            moment += timedelta(days=self.diary.rng.randrange(1, 45))
        units = [station, incident.record["unit_code"]]
        return at if self.world.is_silent(units, moment.date()) else moment
