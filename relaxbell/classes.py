"""The classes of what functions and methods return: nobody makes them by hand; they are here for annotations.

Examples
--------
>>> import relaxbell as rb
>>> c = rb.influence(rb.bell().relax("X -> B"), "X", "B")
>>> isinstance(c, rb.classes.Measure), isinstance(rb.minimize(c, rb.boxes.pr()), rb.classes.Solution)
(True, True)
"""

from __future__ import annotations

from typing import Any

from relaxbell.lazy import homes, load

_HOMES = {
    "relabeling": "Symmetries",
    "behavior.chi_squared": "ChiSquared SettingsTest",
    "behavior.counts": "CountsFit",
    "behavior.nearest": "Nearest",
    "lp.clock": "Enclosure LowerBound UpperBound",
    "behavior.games": "Game Published",
    "behavior.realization": "RationalRealization",
    "behavior.resampling": "Bootstrap StandardErrors",
    "behavior.search": "QuantumOptimum",
    "symmetry.recognition": "Recognition",
    "functionals.stars": "StarValues",
    "functionals.files": "InequalityFile",
    "causal.anything": "AnyBehavior",
    "causal.districts": "District",
    "causal.independence": "Independence",
    "causal.reading.diagram": "GraphOrigin",
    "causal.structures": "Mixture",
    "measures.measure": "Budget Limit LinearMeasure Measure",
    "measures.combined": "LargestOf Multiple Sum",
    "measures.definition": "Definition Recipe",
    "measures.dependences": "Dependence",
    "measures.factorized": "Factorized FactorizedDependence FactorizedInformation",
    "measures.distances": "Distance",
    "measures.hall": "HallDependence",
    "measures.independent": "IndependentQuery",
    "measures.information": "InformationBudget MutualInformation",
    "measures.messages": "BinaryEntropy MessageEntropy",
    "measures.queries": "Query",
    "measures.ratios": "Ratio",
    "measures.setting_limits": "SettingLimits",
    "measures.products": "FixedNonbilocality Nonbilocality",
    "measures.marginals": "MarginalParameters",
    "quantum.base": "BehaviorSet",
    "quantum.correlators": "CorrelatorMaximum",
    "quantum.ends": "CauseBound CauseBounds Realization",
    "quantum.limits": "Limits",
    "quantum.maxima": "SetMaximum",
    "quantum.robustness": "Robustness",
    "quantum.sets": "NonsignalingSet QuantumSet",
    "solve.faces": "Face",
    "solve.visibility": "Visibility",
    "engines.independent.solution": "IndependentSolution",
    "engines.sources.solution": "FixedSolution NetworkSolution",
    "engines.sources.scanning": "Scan",
    "engines.sources.decomposition": "Decomposition",
    "engines.solution": "Bounds Solution",
    "engines.linear.solution": "LinearSolution",
    "engines.ratios.curve": "RatioCurve RatioPiece",
    "engines.ratios.solution": "RatioSolution",
    "engines.information.engine": "InformationSolution",
    "engines.information.bits_curve": "BitsCurve BitsSample",
    "engines.factorized.engine": "FactorizedSolution",
    "engines.factorized.minimum": "Source",
    "engines.entropy.engine": "EntropySolution",
    "engines.entropy.messages": "MessageSolution",
    "engines.base": "Engine Live",
    "randomness.bits_curve": "CertifiedBitsCurve",
    "randomness.factors": "CertifiedBits",
    "randomness.guessing": "Guess Guessing",
    "randomness.curve": "GuessingCurve GuessingLimitCurve GuessingPiece",
    "randomness.limit_curve": "LimitPiece",
    "randomness.quantum": "QuantumGuessing",
    "randomness.sampled": "GuessingSample SampledGuessingCurve",
    "trials.strength": "Strength StrengthSolution",
    "engines.witness": "Witness",
    "closed_forms.both_ends": "ClosedBounds Interval",
    "closed_forms.closed_form": "ClosedForm Evaluation",
    "closed_forms.dual_vertices": "DualVertices",
    "closed_forms.quotients": "ClosedRatio",
    "closed_forms.inequalities": "Inequalities",
    "closed_forms.ceilings": "Ceiling",
    "closed_forms.demands": "Demand",
    "closed_forms.quantum_classes": "QuantumClass",
    "closed_forms.quantum_maxima": "QuantumMaximum",
    "closed_forms.joint_classes": "JointClass JointInequalities",
    "certificate.claims": "Certificate",
    "curves.curve": "AnyCurve Curve",
    "curves.boundary": "Boundary",
    "curves.piecewise": "Piece PiecewiseCurve",
    "curves.polynomial": "PolynomialCurve PolynomialPiece",
    "engines.linear.polynomial_curves": "LinearPolynomialCurve",
    "behavior.families": "BehaviorFamily",
    "curves.rational": "RationalCurve RationalPiece",
    "engines.linear.curves": "LinearCurve",
    "engines.linear.budgets": "BudgetCurve",
    "engines.linear.sampled": "SampledCurve",
    "engines.entropy.curve": "EntropyCurve",
    "engines.sources.algebraic": "AlgebraicCandidate",
    "engines.sources.bands": "SampledNetworkCurve",
    "engines.sources.curves": "NetworkCurve",
    "sweeps.results": "Sweep SweepPoint",
    "trials.statement": "Evidence",
    "proofs.fits": "Fit",
    "proofs.verdict": "Counterexample Verdict",
    "quantification.effects": "EffectReport",
    "quantification.report": "Quantification",
    "show.explanation": "Explanation",
    "show.explorer": "Explorer",
}
_HOME = homes(_HOMES)

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    return load(name, _HOME, globals())


def __dir__() -> list[str]:
    return __all__
