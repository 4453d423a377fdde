"""Errors say everything at once, and how to mend it."""

import pytest

from xdsc.errors import InputError, NotFittedError, ParameterError, Problems, XdscError, message


def test_message_has_three_parts_and_one_full_stop_each():
    text = message("a latitude", "none", "pass lat='j'.")
    assert text == "Expected a latitude, received none. To fix: pass lat='j'."


@pytest.mark.parametrize("kind", [InputError, ParameterError, NotFittedError])
def test_every_error_is_ours_and_a_value_error(kind):
    assert issubclass(kind, XdscError)
    assert issubclass(kind, ValueError)


def test_no_problem_raises_nothing():
    problems = Problems()
    problems.raise_if_any(InputError)
    assert not problems


def test_one_problem_without_heading_stands_alone():
    problems = Problems()
    problems.add("No time.")
    with pytest.raises(ParameterError, match=r"^No time\.$"):
        problems.raise_if_any(ParameterError)


def test_several_problems_come_as_one_list_each_told_once():
    problems = Problems()
    for text in ("No time.", "No latitude.", "No time."):
        problems.add(text)
    with pytest.raises(InputError) as caught:
        problems.raise_if_any(InputError, heading="Not a grid:")
    assert str(caught.value) == "Not a grid:\n- No time.\n- No latitude."


def test_collect_flattens_the_lists_of_others():
    inner, outer = Problems(), Problems()
    inner.add("No time.")
    inner.add("No latitude.")
    with outer.collect():
        inner.raise_if_any(InputError)
    with outer.collect():
        raise ParameterError("k is 1.")
    with pytest.raises(InputError) as caught:
        outer.raise_if_any(InputError)
    assert caught.value.problems == ("No time.", "No latitude.", "k is 1.")


def test_collect_lets_other_errors_through():
    with pytest.raises(KeyError), Problems().collect():
        raise KeyError("not ours")
