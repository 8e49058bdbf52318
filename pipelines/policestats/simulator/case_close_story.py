"""How criminal cases end in the made-up province: grounds, conclusions, mergers; decisions on suspects; and who is at large."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from policestats.simulator.criminal_ledger import CriminalLedger
from policestats.simulator.records import Row

_GROUNDS = {"W1": 40, "W2": 34, "W3": 6, "W4": 2, "W5": 8, "W6": 10, "W0": 0.5, None: 1}
_LAW_CHANGED_ON = date(2026, 1, 1)


class CaseCloseStory:
    """Adds to the cases what ends them: to each its ground or decision, to some a merger, another organ or a fugitive."""

    def __init__(self, ledger: CriminalLedger) -> None:
        self.ledger = ledger
        self.world = ledger.world
        self.diary = ledger.diary
        self.rng = ledger.rng
        self._taken_over = self._taken_over_cases()

    def tell(self) -> None:
        """Go through all cases."""
        for case in self.ledger.cases:
            self._ground(case)
            self._conclude(case)
            self._leave(case)
            self._decide_on_persons(case)
            if not any(row["kind_code"] == "solved" for row in self.ledger.events[case["case_no"]]) and self.diary.chance(0.12):
                self._look_for(case)

    def _taken_over_cases(self) -> dict[tuple[date, str | None], list[Row]]:
        """Return the administrative cases that took over a withdrawn one, by day of registration and unit."""
        found: dict[tuple[date, str | None], list[Row]] = defaultdict(list)
        for row in self.world.case_system.tables["admin_case"]:
            if row["source_code"] == "criminal_withdrawn":
                found[row["registered_on"], row["unit_code"]].append(row)
        return found

    def _ground(self, case: Row) -> None:
        """Give each withdrawal its ground, and tell of what was dealt with administratively afterwards."""
        for event in self.ledger.events[case["case_no"]]:
            if event["kind_code"] != "withdrawn":
                continue
            event["reason_code"] = self.diary.draw(_GROUNDS)  # written with the withdrawal itself
            taken_over = self._taken_over[event["occurred_on"], self.ledger.holder(case, event["occurred_on"])]
            if not taken_over:
                continue
            offence = taken_over.pop()
            day = offence["registered_on"] if offence["registered_on"] < _LAW_CHANGED_ON else offence["filed_on"]
            if day is not None:
                self._go_on(case, "to_admin", day, reason=event["reason_code"])

    def _conclude(self, case: Row) -> None:
        """Conclude the investigation before the first referral, entered between that and what came before it."""
        referrals = self.ledger.referrals[case["case_no"]]
        if not referrals or self.diary.chance(0.04):
            return
        referred = referrals[0]
        before, since = max(step for step in self.ledger.history(case) if step[0] < referred["entered_at"])
        day = max(since, referred["referred_on"] - timedelta(days=self.rng.randrange(6)))
        entered = self.ledger.entry([self.ledger.holder(case, day), case["filing_unit_code"]], day, after=before)
        if entered is not None and entered < referred["entered_at"]:
            self._write(case, "concluded", day, entered)

    def _leave(self, case: Row) -> None:
        """Merge an open case of which nothing more is heard into another, hand it to another organ, or conclude it in vain, now and then."""
        number = case["case_no"]
        is_quiet = not self.ledger.events[number] and not self.ledger.referrals[number] and not self.ledger.transfers[number]
        if is_quiet and self.diary.chance(0.12):
            kind = self.diary.draw({"merged": 50, "handed": 40, "concluded": 10})
            self._go_on(case, kind, case["filed_on"] + timedelta(days=self.rng.randrange(1, 60)))

    def _decide_on_persons(self, case: Row) -> None:
        for referral in self.ledger.referrals[case["case_no"]]:
            drawn = self.diary.draw({"returned": 16, "not_prosecuted": 8, None: 76})
            if drawn is not None:
                self._person_decision(
                    case, referral["person_no"], drawn, referral["referred_on"] + timedelta(days=self.rng.randrange(5, 45))
                )
        if self.ledger.events[case["case_no"]] and self.diary.chance(0.04):
            day = self.ledger.events[case["case_no"]][0]["occurred_on"] + timedelta(days=self.rng.randrange(1, 20))
            self._person_decision(case, 9, "terminated", day)

    def _person_decision(self, case: Row, person_no: int, kind: str, day: date) -> None:
        unit = self.ledger.holder(case, day)
        entered = self.ledger.entry([unit], day)
        if entered is not None:
            self.world.case_system.add(
                "criminal_person_decision",
                decision_no=self.world.number("XRJ"),
                case_no=case["case_no"],
                person_no=person_no,
                kind_code=kind,
                decided_on=day,
                entered_at=entered,
                unit_code=unit,
            )

    def _look_for(self, case: Row) -> None:
        """Register a fugitive, who is caught or struck off later, or stays at large."""
        wanted_on = case["filed_on"] + timedelta(days=self.rng.randrange(3, 60))
        unit = self.ledger.holder(case, wanted_on)
        entered = self.ledger.entry([unit], wanted_on)
        if entered is None or self.ledger.is_gone(case, wanted_on):
            return
        register = self.world.systems["review"]
        fugitive = register.add(
            "fugitive",
            fugitive_no=self.world.number("ZT"),
            case_no=case["case_no"],
            wanted_on=wanted_on,
            entered_at=entered,
            unit_code=unit,
            end_code=None,
            ended_on=None,
            end_entered_at=None,
        )
        way = self.diary.draw({"caught": 50, "cancelled": 12, None: 38})
        ended_on = wanted_on + timedelta(days=self.rng.randrange(1, 150))
        end_entered = None if way is None else self.ledger.entry([unit, self.world.unit_now(unit, ended_on)], ended_on, after=entered)
        if end_entered is not None:
            self.world.change(register, fugitive, end_entered, end_code=way, ended_on=ended_on, end_entered_at=end_entered)

    def _go_on(self, case: Row, kind: str, day: date, *, reason: str | None = None) -> None:
        """Add what happens last to a case, on ``day`` or as soon as what came before was entered."""
        before, since = self.ledger.history(case)[-1]
        day = max(day, since)
        entered = self.ledger.entry([self.ledger.holder(case, day), case["filing_unit_code"]], day, after=before)
        if entered is not None and not self.ledger.is_gone(case, day):
            self._write(case, kind, day, entered, reason)

    def _write(self, case: Row, kind: str, day: date, entered: datetime, reason: str | None = None) -> None:
        self.world.case_system.add(
            "criminal_case_event",
            event_no=self.world.number("XSJ"),
            case_no=case["case_no"],
            kind_code=kind,
            occurred_on=day,
            entered_at=entered,
            unit_code=self.ledger.holder(case, day),
            manner_code=None,
            reason_code=reason,
        )
