"""What follows from criminal cases hangs together: suspects, victims, opinions, scenes, seized property; and every code of the forms occurs."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from policestats.simulator.suspect_story import age_on


def test_who_is_referred_is_a_suspect_who_has_come(province):
    persons = {(row["case_no"], row["person_no"]): row for row in province["criminal_person"]}
    assert len(province["criminal_referral"]) > 500
    for referral in province["criminal_referral"]:
        person = persons[referral["case_no"], referral["person_no"]]
        assert person["arrived_on"] is not None, referral
        assert person["arrived_on"] <= referral["referred_on"], referral


def test_suspects_come_after_the_filing_and_are_entered_then(province):
    filed = {row["case_no"]: row["filed_on"] for row in province["criminal_case"]}
    arrived = [row for row in province["criminal_person"] if row["arrived_on"]]
    assert len(arrived) > 1500
    assert all(filed[row["case_no"]] <= row["arrived_on"] <= row["entered_at"][:10] for row in arrived)
    assert len([row for row in province["criminal_person"] if row["arrived_on"] is None]) > 100  # at large
    assert [row for row in arrived if row["entered_at"][:7] > row["arrived_on"][:7]]  # entered in a later month


def test_ages_are_those_of_the_identity_numbers(province):
    """At the act at most 25 days before the filing: the age on one of the two days, or on both."""
    filed = {row["case_no"]: date.fromisoformat(row["filed_on"]) for row in province["criminal_case"]}
    known = [row for row in province["criminal_person"] if row["id_number"]]
    assert len(known) > 1500
    for row in known:
        born = datetime.strptime(row["id_number"][6:14], "%Y%m%d").date()
        on = filed[row["case_no"]]
        assert row["act_age"] in (age_on(born, on - timedelta(days=25)), age_on(born, on))
        assert row["sex_code"] == ("1" if int(row["id_number"][16]) % 2 else "2")


def test_a_year_is_full_on_the_day_after_the_birthday():
    assert age_on(date(2010, 3, 5), date(2026, 3, 5)) == 15
    assert age_on(date(2010, 3, 5), date(2026, 3, 6)) == 16


def test_every_group_of_persons_occurs(province):
    natural = [row for row in province["criminal_person"] if row["person_kind_code"] == "natural" and row["arrived_on"]]
    ages = Counter(sum(row["act_age"] >= limit for limit in (14, 16, 18, 26, 36, 60)) for row in natural if row["act_age"] is not None)
    assert sorted(ages) == [0, 1, 2, 3, 4, 5, 6]
    for column in ("act_age", "sex_code", "education_code", "occupation_code", "residence_code", "has_prior_record"):
        assert [row for row in natural if row[column] is None], column
    assert {row["sex_code"] for row in natural} == {"1", "2", None}
    assert {row["residence_code"] for row in natural} == {"here", "province", "elsewhere", "abroad", None}
    assert {row["has_prior_record"] for row in natural} == {0, 1, None}
    assert len({row["education_code"] for row in natural}) == 10  # eight, an unknown one, none
    assert len({row["occupation_code"] for row in natural}) == 15
    assert [row for row in province["criminal_person"] if row["person_kind_code"] == "unit" and row["arrived_on"]]


def test_every_group_of_offenders_occurs(province):
    natural = [row for row in province["admin_person"] if row["person_kind_code"] == "natural"]
    assert {row["residence_code"] for row in natural} == {"here", "province", "elsewhere", "abroad", None}
    assert {row["is_repeat_within_year"] for row in natural} == {0, 1, None}
    assert len({row["education_code"] for row in natural}) == 10  # eight, an unknown one, none
    assert len({row["occupation_code"] for row in natural}) == 15
    columns = ("residence_code", "is_repeat_within_year", "education_code", "occupation_code")
    units = [row for row in province["admin_person"] if row["person_kind_code"] == "unit"]
    assert units
    assert not [row for row in units if any(row[column] is not None for column in columns)]


def test_minors_are_corrected_after_a_decision(province):
    persons = {(row["case_no"], row["person_no"]): row for row in province["admin_person"]}
    decided = defaultdict(list)
    for row in province["admin_decision"]:
        decided[row["case_no"], row["person_no"]].append(row["decided_on"])
    for row in province["corrective_measure"]:
        who = row["case_no"], row["person_no"]
        assert persons[who]["act_age"] < 18
        assert min(decided[who]) <= row["decided_on"] <= row["entered_at"][:10]
    assert {row["kind_code"] for row in province["corrective_measure"]} == {*(f"CORR{n}" for n in range(10)), "SPEC", None}
    assert any(row["is_student_bullying"] for row in province["admin_case"])


def test_victims_and_their_opinions(province):
    victims = {(row["case_no"], row["victim_no"]): row for row in province["criminal_victim"]}
    assert {row["victim_kind_code"] for row in victims.values()} == {"natural", "unit"}
    assert [row for row in victims.values() if row["rescued_on"]]
    found = Counter(row["injury_code"] for row in province["injury_grade"])
    assert set(found) == {"dead", "serious", "light", "slight", "none", "unclear"}
    opinions = Counter((row["case_no"], row["victim_no"]) for row in province["injury_grade"])
    assert max(opinions.values()) > 1  # a second one
    for row in province["injury_grade"]:
        assert victims[row["case_no"], row["victim_no"]]["victim_kind_code"] == "natural"


def test_scenes_have_every_kind_of_interval(province):
    widths = Counter()
    for row in province["scene_examination"]:
        if row["earliest_at"] is None or row["latest_at"] is None:
            widths["unknown" if row["earliest_at"] is None else "exact"] += 1
            continue
        width = datetime.fromisoformat(row["latest_at"]) - datetime.fromisoformat(row["earliest_at"])
        assert width > timedelta()
        limit = timedelta(hours=8)
        widths["short" if width < limit else "limit" if width == limit else "long"] += 1
    assert set(widths) == {"exact", "unknown", "short", "limit", "long"}
    assert {row["place_code"] for row in province["scene_examination"]} == {*(f"PL{n:02d}" for n in range(1, 15)), "PL77", None}
    assert {row["means_code"] for row in province["scene_examination"]} == {*(f"MO{n:02d}" for n in range(1, 13)), "MO77", None}
    cases = Counter(row["case_no"] for row in province["scene_examination"])
    assert max(cases.values()) > 1


def test_an_item_leaves_once_and_is_held_by_whom_it_was_moved_to(province):
    items = {row["item_no"]: row for row in province["seized_property"]}
    events = defaultdict(list)
    for row in province["seized_property_event"]:
        events[row["item_no"]].append(row)
    kinds = Counter()
    for item_no, of_item in events.items():
        of_item.sort(key=lambda row: row["entered_at"])
        item, last = items[item_no], items[item_no]["entered_at"]
        assert [row["kind_code"] for row in of_item[:-1]] == ["moved"] * (len(of_item) - 1)
        assert not any(row["is_to_outside"] for row in of_item[:-1])
        for row in of_item:
            assert item["seized_on"] <= row["occurred_on"] <= row["entered_at"][:10]
            assert last < row["entered_at"]
            last = row["entered_at"]
            kinds[row["kind_code"], bool(row["is_to_outside"])] += 1
    assert set(kinds) == {
        ("returned", False), ("transferred", False), ("remitted", False), ("other", False), ("moved", False), ("moved", True),
    }  # fmt: skip
    assert {row["property_kind_code"] for row in items.values()} == {"G1", "G2", "G3", "G4", "G5", "G7", None}
    assert {row["case_kind_code"] for row in items.values()} == {"criminal", "admin"}
    assert [row for row in items.values() if row["value_yuan"] is None]
    assert [row for row in items.values() if row["appraised_yuan"] is not None]
