"""Identity numbers that are right in form and impossible in fact."""

from datetime import date

from policestats.simulator.identity import check_digit, identity_number


def test_check_digit_of_the_example_in_the_standard():
    # GB 11643-1999, example: 11010519491231002X and 440524188001010014
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


def test_a_number_says_birth_and_sex_and_belongs_to_no_division():
    man = identity_number(born=date(1988, 2, 29), sex="1", serial=0)
    woman = identity_number(born=date(1988, 2, 29), sex="2", serial=0)
    assert man[:17] == "99999919880229001"
    assert woman[:17] == "99999919880229002"
    # weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2 over 9 9 9 9 9 9 1 9 8 8 0 2 2 9 0 0 1:
    # 9*(7+9+10+5+8+4) = 387; + 2*1 + 1*9 + 6*8 + 3*8 + 7*0 + 9*2 + 10*2 + 5*9 + 8*0 + 4*0 + 2*1 = 168; 555 = 50*11 + 5 -> "7"
    assert man[17] == "7"
    assert woman[17] == "5"  # one 2 more: 557 = 50*11 + 7 -> "5"
