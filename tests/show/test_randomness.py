"""Pictures of min-entropies and certified bits: the numbers that they show are those of the curves."""

import pytest

import relaxbell as rb

AT = {"X": 0, "Y": 0}


def curves():
    data = rb.Observed([(rb.catalog.CHSH, 3)]).guessing("A", AT)
    bits = rb.sample(rb.boxes.pr(), 1000, seed=2).randomness(rb.boxes.pr(), error=0.01)
    return {
        "M": data.curve("M", 0.5),
        "lower": data.curve("lower", 0.25, start=0.1),
        "samples": data.curve("upper", 0.4, start=0.25, points=3),
        "bits": bits.curve("lower", 0.25, start=0.2, points=3),
    }


def test_svg():
    found = {name: curve._repr_svg_() for name, curve in curves().items()}
    assert "M ≤ e" in found["M"]
    assert "exact, 2 pieces" in found["lower"]
    assert "p(settings|λ) ≤ e" in found["samples"]
    assert "certified bits" in found["bits"]
    assert all(svg.startswith("<svg") and svg.endswith("</svg>") for svg in found.values())


@pytest.mark.slow
def test_plots():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    for name, curve in curves().items():
        ax = curve.plot(color="black")
        xs, ys = ax.lines[0].get_data()
        own = curve.bits if name == "bits" else curve.min_entropy
        assert ys[0] == own(round(float(xs[0]), 12))
        assert ys[-1] == own(round(float(xs[-1]), 12))
        assert len(ax.lines[1].get_xdata()) == len(curve.marks)
        assert ax.get_ylabel() == ("certified bits" if name == "bits" else "min-entropy (bits)")
        pyplot.close(ax.figure)
