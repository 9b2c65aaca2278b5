import pickle

from common.runtime.errors import ParameterError, UserError, user_text


def test_parameters_are_named_as_where_they_were_given() -> None:
    error = ParameterError("{min_score} must be 1, not 2; leave out {face}")
    assert isinstance(error, UserError)
    assert str(error) == "min_score must be 1, not 2; leave out face"
    assert user_text(error) == "--min-score must be 1, not 2; leave out --face"
    assert user_text(pickle.loads(pickle.dumps(error))) == user_text(error)
    braces = ParameterError("{relabel} {} is not {}; {columns}", "a/{face}/{}.csv", {"x": 1})
    assert user_text(braces) == "--relabel a/{face}/{}.csv is not {'x': 1}; --columns"
    assert str(braces) == "relabel a/{face}/{}.csv is not {'x': 1}; columns"
    assert user_text(pickle.loads(pickle.dumps(braces))) == user_text(braces)
    assert user_text(UserError("no {such} file")) == "no {such} file"
