"""What happens to administrative cases in the made-up province: chances and waiting times around the acts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from policestats.simulator import admin_acts as acts
from policestats.simulator.admin_book import LAW_CHANGED_ON, AdminCase, Person
from policestats.simulator.admin_followers import AdminFollower
from policestats.simulator.backgrounds import NOTHING_KNOWN, draw_background
from policestats.simulator.codes import CAUSES, LAW_2012, LAW_2025, OTHER_LAW_CAUSES, UNKNOWN_CAUSES
from policestats.simulator.criminal_acts import file_criminal_case
from policestats.simulator.criminal_book import CriminalCase
from policestats.simulator.criminal_story import UNKNOWN_UNITS, destination
from policestats.simulator.diary import Diary
from policestats.simulator.penalties import draw_circumstances, draw_kind, draw_sentence

_SOURCES = {"incident": 60, "walk_in": 22, "found": 12, "criminal_not_filed": 2, "other": 4}
_DECISIONS = {"penalty": 74, "measure": 6, "no_penalty": 13, "no_fact": 7}
_NEXT = {"decide": 62, "change": 8, "transfer": 8, "lose": 6, "terminate": 4, "turn": 4, "rest": 8}
_CRIME_OF = {"Z093": "C179", "Z094": "C179", "Z106": "C221", "Z107": "C222", "Z025": "C269", "Z109": "C223"}
#: One clerk, once, applies the old law to an act of the new year: the first case registered this long after the change.
_WRONG_LAW_AFTER = timedelta(days=14)


class AdminStory:
    """Registers cases and has them decided, mediated, sent on ..."""

    def __init__(self, diary: Diary, followers: Sequence[AdminFollower] = ()) -> None:
        self.diary = diary
        self.world = diary.world
        self.followers = followers
        self._dice = diary.world.dice("penalties")
        self._background_dice = diary.world.dice("backgrounds")
        self._wrong_law_is_due = True

    def register(self, station: str, day: date, *, source: str | None = None, is_dispute_origin: bool = False) -> AdminCase | None:
        """Register a case of ``station``, from 2026 on with its filing decision or without; None when it cannot be entered."""
        diary, rng = self.diary, self.diary.rng
        unit: str | None = rng.choice(UNKNOWN_UNITS) if diary.chance(0.005) else station
        filed_on = self._filing_day(day)
        units = [unit, station]
        accepted_on = day if day < LAW_CHANGED_ON else filed_on or day
        entered = diary.entry(units, accepted_on)
        if entered is None or any(self.world.is_silent(units, known) for known in (day, filed_on or day)):
            return None
        act_on = day - timedelta(days=rng.randrange(9))
        law = LAW_2012 if act_on < LAW_CHANGED_ON else LAW_2025
        # The new law applies to an old act when it is lighter (处罚法 §37 行政处罚法): with the reason, that is right.
        is_lighter = day >= LAW_CHANGED_ON and law == LAW_2012 and diary.chance(0.3)
        if is_lighter:
            law = LAW_2025
        elif self._wrong_law_is_due and day >= LAW_CHANGED_ON + _WRONG_LAW_AFTER and law == LAW_2025 and filed_on is not None:
            law, self._wrong_law_is_due = LAW_2012, False
        cause = self._cause(law)
        case = acts.register_admin_case(
            self.world,
            unit=unit,
            registered_on=day,
            filed_on=filed_on,
            entered=entered,
            cause=cause,
            law=None if cause in OTHER_LAW_CAUSES else law,
            act_on=act_on,
            source=source or diary.draw(_SOURCES),
            is_lighter_law=is_lighter,
            is_dispute_origin=is_dispute_origin or diary.chance(0.35 if cause in ("Z093", "Z094", "Z111") else 0.03),
        )
        self._add_persons(case)
        if case.state == "open":
            if diary.chance(0.08):
                acts.lose_offender(self.world, case, on=accepted_on)
            self._plan_next(case, max(accepted_on, filed_on or accepted_on))
            for follower in self.followers:
                follower.opened(case, accepted_on)
        return case

    def receive(self, station: str, day: date) -> None:
        """Receive a case that was accepted outside the tree."""
        diary = self.diary
        entered = diary.entry([station], day)
        if entered is None:
            return
        registered_on = day - timedelta(days=diary.rng.randrange(1, 40))
        law = LAW_2012 if registered_on < LAW_CHANGED_ON else LAW_2025
        case = acts.receive_admin_case(
            self.world,
            to_unit=station,
            registered_on=registered_on,
            on=day,
            entered=entered,
            cause=self._cause(law),
            law=law,
            act_on=registered_on,
        )
        self._add_persons(case)
        self._plan_next(case, day)
        for follower in self.followers:
            follower.opened(case, day)

    def take_over(self, crime: CriminalCase, day: date) -> None:
        """Punish administratively what was withdrawn as a crime (刑转行), now and then."""
        station = self.world.unit_now(crime.holder, day)
        if station in self.world.province.stations(day) and self.diary.chance(0.4):
            self.register(station, day, source="criminal_withdrawn")

    def _filing_day(self, day: date) -> date | None:
        diary = self.diary
        if day < LAW_CHANGED_ON:
            # In the last days of 2025 some cases got a filing decision of the new law as well.
            is_last_week = LAW_CHANGED_ON - day < timedelta(days=8)
            return LAW_CHANGED_ON + timedelta(days=diary.rng.randrange(6)) if is_last_week and diary.chance(0.5) else None
        filed_on = day + timedelta(days=diary.rng.randrange(5))
        return None if diary.chance(0.08) or filed_on > diary.last_day else filed_on

    def _cause(self, law: str, *, is_change: bool = False) -> str | None:
        diary = self.diary
        if diary.chance(0.012):
            return diary.rng.choice(UNKNOWN_CAUSES)
        if not is_change and diary.chance(0.02):
            return diary.rng.choice(OTHER_LAW_CAUSES)
        return diary.draw({code: cause.weight for code, cause in CAUSES.items() if cause.section(law) is not None})

    def _add_persons(self, case: AdminCase) -> None:
        diary, rng = self.diary, self.diary.rng
        for _ in range(diary.draw({1: 70, 2: 20, 3: 10})):
            is_unit = diary.chance(0.05)
            sex = None if is_unit else diary.draw({"1": 70, "2": 30})
            born = None if is_unit else date(rng.randrange(1950, 2012), rng.randrange(1, 13), rng.randrange(1, 29))
            acts.add_person(
                self.world,
                case,
                kind="unit" if is_unit else "natural",
                sex=sex,
                born=born,
                entered=case.record["entered_at"],
                circumstances=draw_circumstances(self._dice, born=born, act_on=case.record["act_on"], sex=sex),
                background=NOTHING_KNOWN if is_unit else draw_background(self._background_dice),
            )

    def _plan_next(self, case: AdminCase, day: date, *, mean: float = 14) -> None:
        if case.state in ("open", "dealt") and not self.diary.chance(0.08):
            self.diary.plan(day + timedelta(days=self.diary.days(mean)), lambda today: self._act(case, today))

    def _act(self, case: AdminCase, day: date) -> None:
        diary, world = self.diary, self.world
        holder = world.unit_now(case.holder, day)
        if world.is_silent([holder], day):
            diary.plan(diary.after_silence(day), lambda later: self._act(case, later))
        elif case.state == "dealt":
            self._decide_next(case, day)
        elif case.state == "open":
            is_absent = case.record["offender_absent_from"] is not None and case.record["offender_absent_until"] is None
            what = diary.draw({"find": 70, "change": 10, "transfer": 10, "rest": 10} if is_absent else _NEXT)
            self._act_on_open(case, day, what)

    def _act_on_open(self, case: AdminCase, day: date, what: str) -> None:
        diary, world = self.diary, self.world
        holder = world.unit_now(case.holder, day)
        taker = destination(diary, holder, day) if what == "transfer" and holder is not None else None
        entered = diary.entry([holder, taker], day, after=case.last_entered)
        if entered is None:
            return
        if what == "decide":
            self._decide_next(case, day)
            return
        if what == "change" and case.cause not in OTHER_LAW_CAUSES:
            cause = self._cause(case.record["applied_law_code"], is_change=True)
            acts.change_cause(world, case, on=day, entered=entered, cause=cause)
        elif what == "transfer" and taker is not None:
            acts.transfer_admin_case(world, case, to_unit=taker, on=day, entered=entered)
        elif what == "lose":
            acts.lose_offender(world, case, on=day)
        elif what == "find":
            acts.find_offender(world, case, on=day)
        elif what == "terminate":
            acts.terminate(world, case, on=day, entered=entered)
        elif what == "turn":
            acts.turn_criminal(world, case, on=day, entered=entered)
            crime_entered = diary.entry([holder], day)
            if crime_entered is not None:
                file_criminal_case(world, unit=holder, on=day, entered=crime_entered, charge=_CRIME_OF.get(case.cause or "", "C269"))
        self._plan_next(case, day)

    def _decide_next(self, case: AdminCase, day: date) -> None:
        """Decide on the next person of the case, or perform what was agreed; the first final decision deals with the case."""
        diary, world = self.diary, self.world
        person = next((one for one in case.persons if not one.is_decided), None)
        if person is None:
            return
        holder = world.unit_now(case.holder, day)
        agreed_by = None if person.agreement is None else world.unit_now(str(person.agreement["unit_code"]), day)
        entered = diary.entry([holder, agreed_by], day, after=case.last_entered)
        if entered is None or world.is_silent([agreed_by], day):
            return
        known = CAUSES.get(case.cause or "")
        if person.agreement is not None and diary.chance(0.7):
            acts.perform_mediation(world, case, person, on=day, entered=entered)
            for follower in self.followers:
                follower.performed(case, day)
        elif person.agreement is None and known is not None and known.is_mediable and diary.chance(0.5):
            agreement = acts.mediate(world, case, person, on=day, entered=entered)
            for follower in self.followers:
                follower.agreed(case, agreement, day)
        else:
            self._penalise(case, person, day)
        self._plan_next(case, day, mean=8)

    def _penalise(self, case: AdminCase, person: Person, day: date) -> None:
        diary, world = self.diary, self.world
        entered = diary.entry([world.unit_now(case.holder, day)], day, after=case.last_entered)
        if entered is None:
            return
        kind = diary.draw(_DECISIONS)
        fine = Decimal(diary.rng.choice((200, 500, 1000))) if kind == "penalty" and diary.chance(0.6) else None
        kind = draw_kind(self._dice, kind, cause=case.cause, act_age=person.circumstances.act_age)
        sentence = draw_sentence(
            self._dice,
            kind,
            cause=case.cause,
            law=case.record["applied_law_code"],
            fine=fine,
            is_unit=person.kind == "unit",
            circumstances=person.circumstances,
        )
        fined = next((item.fine_yuan for item in sentence.items if item.fine_yuan is not None), None)
        decision = acts.decide(world, case, person, kind=kind, on=day, entered=entered, fine_yuan=fined, sentence=sentence)
        for follower in self.followers:
            follower.decided(case, person, decision, day)
