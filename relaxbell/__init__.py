"""How far must a causal assumption of Bell's theorem be relaxed to explain data classically.

The public names load on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from relaxbell.methods import provide

__version__ = "0.1.0"

_HOMES = {
    "behavior.behavior": "Behavior",
    "behavior.observed": "Observed",
    "behavior.scenario": "Scenario",
    "behavior.counts": "Counts data_sets load_counts",
    "behavior.boxes": "pr_box tsirelson_box i3322_box ghz_box cglmp_box cglmp_coefficients",
    "behavior.quantum": "born",
    "behavior.states": "ghz maximally_entangled partially_entangled qubit_observable schmidt singlet werner",
    "behavior.swapping": "diagonal_settings entanglement_swapping_box star_box",
    "behavior.search": "QuantumOptimum optimize_quantum",
    "functionals.functional": "BellFunctional",
    "functionals.catalog": "CH CHSH I3322 bilocality_i bilocality_j bonet cglmp chained mermin pearl svetlichny",
    "functionals.stars": "StarValues star_values",
    "causal.model": "CausalModel",
    "causal.networks": (
        "bell bilocality input_signaling instrumental measurement_dependence message outcome_signaling star"
    ),
    "causal.independence": "Independence",
    "measures.measure": "Budget Measure maximum measure",
    "measures.dependence": "dependence hall_dependence setting_bounds",
    "measures.information": "mutual_information pinsker_bound",
    "measures.locality": "average_causal_effect influence message_entropy message_weight",
    "functionals.relabeling": "Recognition recognize",
    "solve.faces": "Face",
    "measures.products": "Nonbilocality nonbilocality",
    "measures.marginals": "MarginalParameters marginal_parameters",
    "solve.minimization": "bounds minimize",
    "solve.networks.solution": "NetworkSolution",
    "solve.networks.scanning": "Scan marginal_ranges scan",
    "solve.networks.decomposition": "Decomposition",
    "solve.solution": "Bounds Solution StrategyWeights",
    "solve.witness": "Witness",
    "closed_forms.derive": "closed_form",
    "closed_forms.both_ends": "ClosedBounds closed_bounds",
    "closed_forms.closed_form": "ClosedForm",
    "closed_forms.dual_vertices": "DualVertices dual_vertices",
    "closed_forms.inequalities": "Inequalities",
    "certificate.claims": "Certificate",
    "certificate.problems": "data_digest",
    "curves.curve": "Curve Piece",
    "curves.sampled": "EntropyCurve SampledCurve",
    "curves.making": "critical_visibility curve tradeoff",
    "sweeps.results": "Sweep SweepPoint",
    "sweeps.running": "sweep",
    "proofs.constants": "recognize_number",
    "proofs.fits": "Fit fit",
    "proofs.proving": "prove",
    "proofs.verdict": "Counterexample Verdict",
    "functionals.files": "InequalityFile read_inequalities write_inequalities",
    "functionals.maximum": "Maximum",
    "quantification": "quantify",
    "show.explanation": "Explanation explain",
    "show.explorer": "Explorer explorer",
    "errors": (
        "BehaviorError CertificateError CheckpointError ClosedFormError CountsError CurveError FileError "
        "FunctionalError InfeasibleError MeasureError ModelError ModelTooLargeError ProofError RelaxbellError "
        "SignalingError SolverError UnsupportedModelError"
    ),
}
_IMPLEMENTED = {
    "Audit.__repr__": "show.audit:audit_text",
    "Audit._repr_html_": "show.audit:audit_html",
    "Audit._repr_markdown_": "show.audit:errata_markdown",
    "Behavior._repr_html_": "show.behavior:behavior_html",
    "BellFunctional.bound": "solve.functional_bound:bound",
    "BellFunctional.bound, symbolic": "curves.making:bound_curve",
    "BellFunctional.canonical": "functionals.orbits:canonical",
    "BellFunctional.equivalent": "functionals.orbits:equivalent",
    "BellFunctional.is_facet": "solve.faces:face",
    "BellFunctional.relabelings": "functionals.orbits:all_tables",
    "CausalModel._repr_svg_": "show.graph:dag_svg",
    "CausalModel.inequalities": "closed_forms.inequalities:inequalities",
    "ClosedBounds._repr_html_": "show.closed_forms:closed_bounds_html",
    "ClosedForm._repr_html_": "show.closed_forms:closed_form_html",
    "Counts._repr_html_": "show.behavior:counts_html",
    "Curve._repr_svg_": "show.curve_svg:curve_svg",
    "Curve.certificate": "curves.certificates:curve_certificate",
    "Curve.plot": "show.curves:plot_curve",
    "EntropyCurve._repr_svg_": "show.curve_svg:function_svg",
    "EntropyCurve.plot": "show.curves:plot_function",
    "Inequalities._repr_html_": "show.closed_forms:inequalities_html",
    "InfeasibleError.certificate": "certificate.problems:infeasibility_certificate",
    "Measure._repr_latex_": "show.measures:measure_latex",
    "NetworkCurve.certificate": "curves.certificates:network_curve_certificate",
    "NetworkSolution._repr_html_": "show.solution:network_html",
    "NetworkSolution.certificate": "certificate.networks:network_certificate",
    "Plan._repr_lines_": "show.quantification:quantification_lines",
    "Quantification.__repr__": "show.quantification:quantification_text",
    "Quantification._repr_html_": "show.quantification:quantification_html",
    "SampledCurve._repr_svg_": "show.curve_svg:function_svg",
    "SampledCurve.plot": "show.curves:plot_function",
    "Scan._repr_svg_": "show.curve_svg:scan_svg",
    "Scan.plot": "show.curves:plot_scan",
    "Solution._repr_html_": "show.solution:solution_html",
    "Solution._repr_latex_": "show.solution:solution_latex",
    "Solution.certificate": "certificate.problems:solution_certificate",
    "Sweep.__repr__": "show.sweep:sweep_text",
    "Sweep._repr_html_": "show.sweep:sweep_html",
    "minimize, nonbilocality": "solve.networks.minimum:minimize_network",
}
"""Methods of objects on the left that rooms further right implement, see `relaxbell.methods`."""

provide({method: f"relaxbell.{place}" for method, place in _IMPLEMENTED.items()})

_HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted([*_HOME, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'relaxbell' has no attribute {name!r}")
    value = getattr(import_module(f"relaxbell.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
