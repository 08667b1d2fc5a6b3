"""How far must a causal assumption of Bell's theorem be relaxed to explain data classically.

The public names load on first use, so that importing the package is cheap. Boxes, quantum states, known functionals,
errors, and the classes of what functions return have namespaces of their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from relaxbell.lazy import homes, load, moved
from relaxbell.methods import provide

__version__ = "1.0.0rc1"

_HOMES = {
    "relabeling": "Relabeling",
    "behavior.behavior": "Behavior",
    "behavior.observed": "Observed",
    "behavior.scenario": "Scenario",
    "behavior.counts": "Counts",
    "behavior.data_sets": "data_sets load_counts",
    "behavior.sampling": "sample",
    "behavior.trials": "Trials",
    "behavior.quantum": "born",
    "behavior.search": "optimize_quantum",
    "functionals.functional": "BellFunctional",
    "functionals.maximum": "Maximum",
    "symmetry.recognition": "recognize",
    "functionals.files": "read_inequalities write_inequalities",
    "causal.model": "CausalModel",
    "causal.mixtures": "mixture",
    "causal.networks": "bell input_signaling instrumental measurement_dependence message outcome_signaling",
    "causal.sources": "bilocality star",
    "measures.own": "measure",
    "measures.combined": "maximum",
    "measures.fractions": "fraction",
    "measures.influences": "influence",
    "measures.assumptions": "assumption",
    "measures.effects": "average_causal_effect",
    "measures.messages": "message_entropy message_weight",
    "measures.dependences": "dependence",
    "measures.distances": "largest_distance mean_distance",
    "measures.hall": "hall_dependence",
    "measures.queries": "query",
    "measures.setting_limits": "setting_bounds",
    "measures.information": "mutual_information pinsker_bound",
    "measures.products": "nonbilocality",
    "measures.marginals": "marginal_parameters",
    "quantum.sets": "nonsignaling_set quantum_set",
    "solve.minimization": "bounds minimize",
    "engines.strategies": "StrategyWeights",
    "engines.sources.scanning": "marginal_ranges scan",
    "closed_forms.derive": "closed_form",
    "closed_forms.quotients": "closed_bounds",
    "closed_forms.dual_vertices": "dual_vertices",
    "closed_forms.quantum_maxima": "quantum_maximum",
    "engines.linear.certificates": "data_digest",
    "solve.lines": "curve tradeoff",
    "solve.visibility": "critical_visibility",
    "sweeps.running": "sweep",
    "trials.strength": "strength",
    "trials.testing": "evidence",
    "proofs.constants": "recognize_number",
    "proofs.fits": "fit",
    "proofs.proving": "prove",
    "quantification": "quantify",
    "show.explanation": "explain",
    "show.explorer": "explorer",
}
_IMPLEMENTED = {
    "Audit.__repr__": "show.audit:audit_text",
    "Audit._repr_html_": "show.audit:audit_html",
    "Audit._repr_markdown_": "show.audit:errata_markdown",
    "Behavior._repr_html_": "show.behavior:behavior_html",
    "Behavior.guessing": "randomness.guessing:guessing",
    "Behavior.robustness": "quantum.robustness:robustness",
    "Behavior.symmetries": "symmetry.found:behavior_symmetries",
    "BehaviorSet.maximum, limited": "quantum.limited:limited",
    "BellFunctional.bound": "solve.functional_bound:bound",
    "BellFunctional.bound, symbolic": "solve.lines:bound_curve",
    "BellFunctional.canonical": "symmetry.orbits:canonical",
    "BellFunctional.equivalent": "symmetry.orbits:equivalent",
    "BellFunctional.is_facet": "solve.faces:face",
    "BellFunctional.limits": "quantum.limits:limits",
    "BellFunctional.relabelings": "symmetry.orbits:all_tables",
    "BellFunctional.symmetries": "symmetry.found:functional_symmetries",
    "Boundary._repr_svg_": "show.curve_svg:boundary_svg",
    "Boundary.of": "solve.boundaries:boundary",
    "Boundary.plot": "show.curves:plot_boundary",
    "CauseBound.realization": "quantum.realizing:realization",
    "Bounds._repr_html_": "show.facts:bounds_html",
    "CausalModel._repr_svg_": "show.dags:dag_svg",
    "CausalModel.inequalities": "closed_forms.inequalities:inequalities",
    "CausalModel.read_vertices": "closed_forms.exchange:read_vertices",
    "CausalModel.to_tikz": "show.tikz:dag_tikz",
    "CausalModel.symmetries": "symmetry.models:model_symmetries",
    "CausalModel.write_vertices": "closed_forms.exchange:write_vertices",
    "ClosedBounds._repr_html_": "show.closed_forms:closed_bounds_html",
    "ClosedForm._repr_html_": "show.closed_forms:closed_form_html",
    "Counts.randomness": "randomness.factors:randomness",
    "Counts._repr_html_": "show.behavior:counts_html",
    "Curve._repr_svg_": "show.curve_svg:curve_svg",
    "Curve.plot": "show.curves:plot_curve",
    "EffectReport.__repr__": "show.effects:effects_text",
    "EffectReport.to_html": "show.effects_page:effects_page",
    "Evidence.plot": "show.evidence:plot_evidence",
    "FixedSolution.certificate": "engines.sources.certificates:fixed_solution_certificate",
    "Inequalities._repr_html_": "show.closed_forms:inequalities_html",
    "Guessing._repr_html_": "show.facts:guessing_html",
    "InfeasibleError.certificate": "engines.linear.certificates:infeasibility_certificate",
    "LinearMeasure.__mul__": "measures.combined:multiplied",
    "Maximum.__repr__, recognition": "symmetry.recognition:recognize",
    "Measure.__add__": "measures.combined:added",
    "Measure.__truediv__": "measures.ratios:quotient",
    "Mixture.nonsignaling": "measures.signals:nonsignaling",
    "NetworkSolution._repr_html_": "show.solution:network_html",
    "NetworkSolution.boxes": "engines.sources.proving:boxes",
    "NetworkSolution.certificate": "engines.sources.certificates:network_certificate",
    "Observed.guessing": "randomness.guessing:guessing",
    "Plan._repr_lines_": "show.quantification:quantification_lines",
    "Quantification.__repr__": "show.quantification:quantification_text",
    "Quantification.plot": "show.evidence:plot_quantification",
    "Quantification._repr_html_": "show.quantification:quantification_html",
    "Quantification.to_html": "show.page:quantification_page",
    "RandomnessCurve._repr_svg_": "show.curve_svg:randomness_svg",
    "RandomnessCurve.plot": "show.randomness:plot_randomness",
    "Robustness._repr_html_": "show.facts:robustness_html",
    "Scan._repr_svg_": "show.curve_svg:scan_svg",
    "Scan.plot": "show.curves:plot_scan",
    "SetMaximum._repr_html_": "show.facts:maximum_html",
    "Solution._repr_html_": "show.solution:solution_html",
    "Solution._repr_latex_": "show.solution:solution_latex",
    "Sweep.__repr__": "show.sweep:sweep_text",
    "Sweep._repr_html_": "show.sweep:sweep_html",
    "Sweep.plot": "show.sweep_plot:plot_sweep",
}
"""Methods of objects on the left that rooms further right implement, see `relaxbell.methods`."""

provide({method: f"relaxbell.{place}" for method, place in _IMPLEMENTED.items()})

_HOME = homes(_HOMES)
_NAMESPACES = ("boxes", "catalog", "classes", "errors", "states")

# What answered at top level before the namespaces: it raises an error that names the new place. Table in the CHANGELOG.
_RENAMED = {
    f"{name}_box": ("boxes", name)
    for name in ["cglmp", "entanglement_swapping", "ghz", "i3322", "pr", "star", "tsirelson"]
}
_MOVED = homes(
    {
        "boxes": "diagonal_settings",
        "states": "ghz maximally_entangled partially_entangled qubit_observable schmidt singlet werner",
        "catalog": (
            "CH CHSH I3322 bilocality_i bilocality_j bonet cglmp cglmp_coefficients chained mermin pearl star_values "
            "svetlichny"
        ),
        "errors": (
            "BehaviorError CertificateError CheckpointError ClosedFormError CountsError CurveError FileError "
            "FunctionalError InfeasibleError MeasureError ModelError ModelTooLargeError ProofError RelaxbellError "
            "SignalingError SolverError UnsupportedModelError"
        ),
        "classes": (
            "Bounds Budget Certificate ClosedBounds ClosedForm Counterexample Curve Decomposition DualVertices "
            "EntropyCurve Explanation Explorer Face Fit Independence Inequalities InequalityFile MarginalParameters "
            "Measure NetworkSolution Nonbilocality Piece QuantumOptimum Recognition SampledCurve Scan Solution "
            "StarValues Sweep SweepPoint Verdict Witness"
        ),
    }
)

_RENAMED |= {name: (namespace, name) for name, namespace in _MOVED.items()}

__all__ = sorted([*_HOME, *_NAMESPACES, "__version__"])


def __getattr__(name: str) -> Any:
    if name in _NAMESPACES:
        return import_module(f"relaxbell.{name}")
    if name in _RENAMED:
        raise moved(name, "relaxbell", ".".join(_RENAMED[name]))
    return load(name, _HOME, globals())


def __dir__() -> list[str]:
    return __all__
