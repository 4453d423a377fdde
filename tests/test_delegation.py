"""Methods of the accessor that say what the functions they call say."""

import inspect

import pytest

import xdsc
from xdsc.accessor import DSCAccessor
from xdsc.delegation import documented_by
from xdsc.errors import ParameterError
from xdsc.plot import DSCPlot
from xdsc.preprocessing import Preprocessor
from xdsc.selection import compare

DELEGATED = {"preprocess": Preprocessor, "score": xdsc.score, "compare": compare}
STATISTICS = ("frequency", "persistence", "transitions", "conditional_frequency", "decompose")
NAMES = ("match", "confusion", "rename", "reorder")
DELEGATED |= {name: getattr(xdsc, name) for name in (*STATISTICS, *NAMES)}
#: Arguments without which a method does not get as far as an unknown one.
NEEDED = {"compare": (3,), "rename": ({},), "match": ([],), "confusion": ([],)}
NEEDED |= {"decompose": ("t2m", []), "conditional_frequency": ([],)}
BOTH = pytest.mark.parametrize(("name", "function"), DELEGATED.items(), ids=DELEGATED)


def entries(section):
    """Names of the arguments that a section of a docstring describes."""
    heads = [line for line in section.splitlines() if line and not line[0].isspace()]
    return [name.strip() for line in heads for name in line.split(" :")[0].split(",")]


def section(doc, title):
    """Text of one section of a docstring."""
    lines = inspect.cleandoc(doc).splitlines()
    start = lines.index(title)
    assert lines[start + 1] == "-" * len(title)
    ends = [i for i in range(start + 2, len(lines)) if set(lines[i]) == {"-"}]
    return "\n".join(lines[start + 2 : ends[0] - 1 if ends else None]).strip("\n")


@BOTH
def test_signatures_are_those_of_the_functions_without_the_dataset(name, function):
    method = inspect.signature(getattr(DSCAccessor, name))
    expected = [p for p in inspect.signature(function).parameters.values() if p.name != "ds"]
    own, *taken = method.parameters.values()
    assert own.name == "self"
    assert taken == expected
    # On a Dataset nobody sees self; what is returned is a Dataset throughout.
    ds = xdsc.tutorial.open_dataset(n_times=4, n_lat=2, n_lon=2, n_regimes=2)
    assert list(inspect.signature(getattr(ds.dsc, name)).parameters.values()) == expected
    assert method.return_annotation in ("xr.Dataset", "Dataset")


@BOTH
def test_docstrings_describe_every_argument(name, function):
    method = getattr(DSCAccessor, name)
    described = entries(section(method.__doc__, "Parameters"))
    _, *taken = inspect.signature(method).parameters.values()
    assert described == [
        "**" * (p.kind is p.VAR_KEYWORD) + "*" * (p.kind is p.VAR_POSITIONAL) + p.name
        for p in taken
    ]
    theirs = section(function.__doc__, "Parameters")
    assert section(method.__doc__, "Parameters") in theirs


@BOTH
def test_docstrings_have_sections_in_their_order_and_an_example_of_their_own(name, function):
    doc = getattr(DSCAccessor, name).__doc__
    lines = inspect.cleandoc(doc).splitlines()
    titles = [lines[i - 1] for i, line in enumerate(lines) if line and set(line) == {"-"}]
    taken = [
        t for t in ("Warns", "Notes", "References") if f"\n{t}\n---" in inspect.getdoc(function)
    ]
    assert titles == ["Parameters", "Returns", "Raises", *taken, "Examples"]
    assert f".dsc.{name}(" in section(doc, "Examples")
    assert lines[0].endswith(".")
    assert f"xdsc.{function.__name__}" in lines[0]
    assert "ds" not in entries(section(doc, "Parameters"))


@BOTH
def test_names_stay_their_own(name, function):
    method = getattr(DSCAccessor, name)
    assert method.__name__ == name
    assert method.__qualname__ in (f"DSCAccessor.{name}", f"LabelStatistics.{name}")


def test_arguments_arrive(small):
    prepared = small.dsc.preprocess(scale="standard", variables=["t2m", "sp"])
    expected = Preprocessor(scale="standard", variables=["t2m", "sp"]).fit_transform(small)
    assert prepared.identical(expected)
    labelled = small.dsc.fit(k=3, method="kmeans", random_state=0)
    found = labelled.dsc.score(metrics="rmse_mean", max_samples=None)
    expected = xdsc.score(labelled, metrics="rmse_mean", max_samples=None)
    assert found.identical(expected)
    options = {"methods": ["kmeans"], "n_runs": 2, "metrics": "rmse_mean", "progress": False}
    found, expected = small.dsc.compare(3, **options), compare(small, 3, **options)
    assert found.score.equals(expected.score)


@pytest.mark.parametrize("name", DELEGATED)
def test_an_unknown_argument_is_an_error(small, name):
    method = getattr(small.dsc, name)
    with pytest.raises((TypeError, ParameterError), match="colour"):
        method(*NEEDED.get(name, ()), colour="red")


# --- Figures ---------------------------------------------------------------------------------

FIGURES = ("compare", "composites", "embedding", "history", "silhouette", "timeline")
FIGURES += ("frequency", "persistence", "transitions", "conditional_frequency", "decompose")
FIGURES += ("regime_index", "life_cycles")
FIGURE = pytest.mark.parametrize("name", FIGURES)


@FIGURE
def test_every_figure_says_what_it_takes_and_gives_and_when_it_fails(name):
    for figure in (getattr(DSCPlot, name), getattr(xdsc.plot, name)):
        taken = [p for p in inspect.signature(figure).parameters if p != "self"]
        described = entries(section(figure.__doc__, "Parameters")) if taken else []
        assert [entry.strip("*") for entry in described] == taken
        for title in ("Returns", "Raises", "Examples"):
            assert section(figure.__doc__, title)
    assert f".dsc.plot.{name}(" in section(getattr(DSCPlot, name).__doc__, "Examples")


@FIGURE
def test_figures_of_the_accessor_take_what_their_functions_take(name):
    brought = {"ds", "embedding", "X", "training"}
    expected = [
        p for p in inspect.signature(getattr(xdsc.plot, name)).parameters if p not in brought
    ]
    taken = [p for p in inspect.signature(getattr(DSCPlot, name)).parameters if p != "self"]
    own = {"silhouette": ["space", "preprocessor"], "embedding": ["preprocessor"]}.get(name, [])
    assert [p for p in taken if p in own] == own
    assert [p for p in taken if p not in own] == expected


# --- The decorator ---------------------------------------------------------------------------


def function(ds, one: int, *, two: str = "x", **three):
    """Do something.

    Parameters
    ----------
    ds : Dataset
        Any,
        of two lines.
    one : int
        A number.

        With a paragraph.
    two : str, default "x"
        A text.
    **three
        More.

    Returns
    -------
    int
        One.

    Raises
    ------
    ValueError
        Sometimes.

    Notes
    -----
    Of the function alone.

    Examples
    --------
    >>> 1
    1
    """


def test_sections_are_merged():
    class A:
        @documented_by(function)
        def method(self, *args, **kwargs) -> float:
            """Do it to this one.

            More words.

            Returns
            -------
            float
                Two.

            Examples
            --------
            >>> 2
            2
            """

    assert str(inspect.signature(A.method)).replace("'", "") in (
        "(self, one: int, *, two: str = x, **three) -> float",
    )
    assert (
        A.method.__doc__
        == inspect.cleandoc(
            """Do it to this one.

        More words.

        Parameters
        ----------
        one : int
            A number.

            With a paragraph.
        two : str, default "x"
            A text.
        **three
            More.

        Returns
        -------
        float
            Two.

        Raises
        ------
        ValueError
            Sometimes.

        Notes
        -----
        Of the function alone.

        Examples
        --------
        >>> 2
        2
        """
        )
        + "\n"
    )
    assert function.__doc__.startswith("Do something.")


def test_without_docstrings_nothing_breaks():
    def bare(ds, one):
        pass

    @documented_by(bare)
    def method(self, *args):
        """Do it."""

    assert method.__doc__ == "Do it."
    assert list(inspect.signature(method).parameters) == ["self", "one"]

    @documented_by(function)
    def silent(self, *args):
        pass

    assert not silent.__doc__
