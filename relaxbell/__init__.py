"""How far must a causal assumption of Bell's theorem be relaxed to explain data classically.

The public names load on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

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
        "BehaviorError CertificateError CheckpointError ClosedFormError CountsError CurveError FunctionalError "
        "InfeasibleError MeasureError ModelError ModelTooLargeError ProofError RelaxbellError SignalingError "
        "SolverError UnsupportedModelError"
    ),
}
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
