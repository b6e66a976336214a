"""Proofs in steps that a reader puts in order: what each step needs, and why some steps do not belong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from klnotes.check._search import kind_of
from klnotes.check._verdict import Verdict, told


@dataclass(frozen=True)
class Proof:
    """A proof in lettered steps.

    Attributes
    ----------
    needs : mapping
        For each step the steps that must come before it, each with the reason. Any order that respects this is right.
    wrong : mapping
        For each step that does not belong, what is wrong with it.
    """

    needs: Mapping[str, Mapping[str, str]]
    wrong: Mapping[str, str]

    def judged(self, steps: str) -> Verdict:
        """The verdict on an order: the first step that is out of place, and why."""
        for number, step in enumerate(steps):
            if step in self.wrong:
                return Verdict(False, f"{step} does not belong to the proof", notes=[self.wrong[step]])
            if step in steps[:number]:
                return Verdict(False, f"{step} comes twice")
            for earlier, reason in self.needs[step].items():
                if earlier not in steps[:number]:
                    return Verdict(False, f"{step} comes too early", notes=[reason])
        if missing := len(self.needs) - len(steps):
            noun = "step is" if missing == 1 else "steps are"
            return Verdict(False, f"Right so far, but {missing} {noun} missing")
        left_out = ", ".join(sorted(self.wrong))
        return Verdict(True, f"{steps} is a proof", notes=[f"{left_out} is rightly left out. {self.wrong[left_out]}"])


def order(task: str, steps: Any, /) -> Verdict:
    """Check the order of the steps of a proof.

    Parameters
    ----------
    task : str
        The name of the proof.
    steps : str or sequence of str
        The letters of the steps, in order; None as long as there is no answer.

    Returns
    -------
    Verdict
        Shown as a card in Jupyter, as plain text in a terminal.

    Raises
    ------
    ValueError
        If no proof has this name.

    Examples
    --------
    >>> order("entropy-maximum", "EB")
    ✗ E comes too early
      The logarithm of 1/(n p) needs p > 0: choose the outcomes first.
    """
    if task not in PROOFS:
        raise ValueError(f"task must be one of {', '.join(sorted(PROOFS))}, but got {task!r}")
    if steps is None or steps is ...:
        return told(Verdict(None, f"{task}: not attempted yet"))
    proof = PROOFS[task]
    known = sorted({*proof.needs, *proof.wrong})
    try:
        letters = [step for step in "".join(steps).upper() if step not in " ,;-"]
    except TypeError:
        letters = ["?"]
    if not set(letters) <= set(known):
        return told(
            Verdict(False, f"The answer must be letters from {known[0]} to {known[-1]}, but got {kind_of(steps)}")
        )
    if not letters:
        return told(Verdict(None, f"{task}: not attempted yet"))
    return told(proof.judged("".join(letters)))


PROOFS: Mapping[str, Proof] = {
    "entropy-maximum": Proof(
        {
            "B": {},
            "E": {"B": "The logarithm of 1/(n p) needs p > 0: choose the outcomes first."},
            "A": {"E": "It bounds a logarithm that must have been written down before."},
            "C": {"A": "It adds up what the bound left."},
            "D": {"C": "It needs to know that the bound is k/n - 1."},
        },
        {"F": "An outcome with p above 1/n has a negative term, so the terms have both signs."},
    ),
    "cross-entropy-gradient": Proof(
        {
            "B": {},
            "E": {"B": "It puts the logarithm of the softmax into the cross-entropy: write that logarithm down first."},
            "D": {"E": "It simplifies a part that must have been written down before."},
            "A": {"D": "Differentiate when the weights of this part have been added up."},
            "G": {"E": "It differentiates a part that must have been written down before."},
            "C": {
                "A": "It adds two derivatives, and one of them is not there yet.",
                "G": "It adds two derivatives, and one of them is not there yet.",
            },
        },
        {"F": "Every probability depends on the logit, as it is in the denominator of all of them."},
    ),
    "kl-independent": Proof(
        {
            "C": {},
            "A": {"C": "There must be a logarithm of a product before it can be split."},
            "E": {"A": "There are no two parts before the logarithm is split."},
            "B": {"A": "There are no two parts before the logarithm is split."},
            "F": {
                "E": "One of the two parts still has a double sum.",
                "B": "One of the two parts still has a double sum.",
            },
        },
        {"D": "The two coordinates may have different distributions."},
    ),
    "gibbs-jensen": Proof(
        {
            "D": {},
            "B": {"D": "Jensen's inequality needs weights, points and a convex function: say which they are first."},
            "E": {"B": "The sum over the points appears only after Jensen's inequality."},
            "A": {"E": "It bounds a sum of q that is not there yet."},
            "F": {"A": "It needs the logarithm of 1."},
        },
        {"C": "Where P has zeros, Q may have something left, and the sum is less than 1."},
    ),
    "likelihood-identity": Proof(
        {
            "C": {},
            "E": {"C": "The ratio is put into a sum over values; collect the observations first."},
            "A": {"E": "There is no product in the logarithm yet."},
            "F": {"A": "It names two sums, and there is only one yet."},
            "B": {"F": "It speaks of the entropy and the divergence; they must have appeared."},
        },
        {"D": "The weights come from the data, since the average is over what was observed."},
    ),
    "information-processing": Proof(
        {
            "D": {},
            "A": {},
            "F": {},
            "G": {},
            "C": {
                "D": "It sets two chain rules equal: the one with Y first is missing.",
                "A": "It sets two chain rules equal: the one with Z first is missing.",
                "F": "It uses that I(X;Z|Y) vanishes.",
            },
            "E": {
                "C": "It compares I(X;Y) and I(X;Z), and needs an equation with both.",
                "G": "It needs the sign of I(X;Y|Z).",
            },
        },
        {"B": "Z may have lost something that Y still tells. What vanishes is I(X;Z|Y)."},
    ),
    "boltzmann-gap": Proof(
        {
            "D": {},
            "B": {"D": "It takes the mean of a surprisal that must have been written down before."},
            "F": {"B": "It multiplies an equation that is not there yet."},
            "A": {},
            "G": {"D": "The Boltzmann distribution's own free energy uses its surprisal."},
            "C": {
                "F": "It needs F[q] + T log Z.",
                "A": "It needs the divergence to appear.",
                "G": "It needs F[p].",
            },
        },
        {"E": "The mean must be taken under q: it is q whose free energy is asked for."},
    ),
    "computing-terms": Proof(
        {
            "C": {},
            "E": {"C": "It rewrites a term to which q - p has been added."},
            "A": {"E": "It takes p out of a sum that must have been rewritten in d."},
            "B": {"A": "It speaks of the sign of d - log(1 + d), which must have appeared."},
        },
        {"D": "The first digits of log(1 + d) and d agree, and what is left is the divergence itself."},
    ),
}
