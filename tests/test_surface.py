"""What all public signatures have in common: options by keyword, and one word for the data."""

import inspect

import pytest

import relaxbell as rb

# What is said rather than tuned may be given by position, also where it has a default: names of variables, numbers of
# settings and outcomes, what a problem is about (data, domain, constraints), the arguments of a mathematical function.
SAID = {
    *("inputs", "outputs", "observed", "domain", "subject_to", "marginals", "message", "model", "event", "given"),
    *("end", "n", "v", "w", "azimuth", "budgets", "notation", "symbol", "names"),
}
OTHER_WORDS = {"behavior", "behaviors", "data", "p", "q", "counts", "distribution"}
TAKES_NO_DATA = {"Behavior", "Certificate"}  # p makes a behavior; the data of a certificate are JSON


def signatures():
    for name in rb.__all__:
        value = getattr(rb, name)
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value) and not issubclass(value, Exception):
            if not hasattr(value, "__dataclass_fields__") and not hasattr(value, "_fields"):  # those are made by us
                yield name, value
            for own in dir(value):
                method = inspect.getattr_static(value, own)
                method = getattr(method, "__func__", method)
                if not own.startswith("_") and inspect.isfunction(method):
                    yield f"{name}.{own}", method


FOUND = dict(signatures())


@pytest.mark.parametrize("name", FOUND)
def test_options_are_given_by_keyword(name):
    parameters = inspect.signature(FOUND[name]).parameters.values()
    optional = {p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty}
    assert optional <= SAID


@pytest.mark.parametrize("name", sorted(set(FOUND) - TAKES_NO_DATA))
def test_the_data_are_called_observed(name):
    """`q` is a distribution over strategies, which is not data, and belongs to measures alone."""
    parameters = set(inspect.signature(FOUND[name]).parameters)
    assert not parameters & (OTHER_WORDS - ({"q"} if name.endswith((".at", ".value")) else set()))


def test_data_and_constraints_by_position_and_the_rest_by_name():
    c = rb.influence(rb.bell().relax("X → B"), "X", "B")
    box = rb.pr_box()
    assert rb.minimize(measure=c, observed=box, subject_to=()).exact == rb.minimize(c, box, ()).exact
    found = rb.sweep(c, [box], [c <= 1], progress=False)
    assert found.values.tolist() == rb.sweep(measure=c, observed=[box], progress=False).values.tolist()
    for call in (lambda: rb.measure(c.model, c.rows, "sum"), lambda: rb.sweep(c, [box], (), None)):
        with pytest.raises(TypeError, match="positional"):
            call()
