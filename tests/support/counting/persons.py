"""What the record of a person says, as columns: sex, age at the act, education, occupation and residence."""

from __future__ import annotations

from tests.support.counting.books import Row

_EDUCATION = {"10": "1", "20": "1", "30": "2", "40": "3", "60": "3", "70": "4", "80": "5", "90": "6"}
_OCCUPATION = {
    **dict.fromkeys(("11", "13", "17"), "1"),
    **dict.fromkeys(("21", "24"), "2"),
    "27": "3",
    **dict.fromkeys(("51", "54"), "4"),
    "31": "5",
    "70": "6",
    "80": "7",
    **dict.fromkeys(("37", "90"), "8"),
}
_RESIDENCE = {"here": "1", "province": "2", "elsewhere": "3", "abroad": "4"}


def age_band(age: int | None) -> str:
    """Return 1 to 7 for under 14, 14-15, 16-17, 18-25, 26-35, 36-59, 60 and over; 9 for an age that is not known."""
    if age is None or age < 0:
        return "9"
    return str(1 + sum(age >= bound for bound in (14, 16, 18, 26, 36, 60)))


def sex_and_age(person: Row) -> tuple[str, str]:
    """Return the columns of sex and of age."""
    return f"SEX{person['sex_code'] if person['sex_code'] in ('1', '2') else '9'}", f"AGE{age_band(person['act_age'])}"


def background(person: Row) -> tuple[str, ...]:
    """Return one column of each group; 9 for what is not known."""
    return (
        *sex_and_age(person),
        f"EDU{_EDUCATION.get(person['education_code'], '9')}",
        f"OCC{_OCCUPATION.get(person['occupation_code'], '9')}",
        f"HUKOU{_RESIDENCE.get(person['residence_code'], '9')}",
    )
