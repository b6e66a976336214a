"""Proofs in steps that a reader puts in order: what each step needs, and why some steps do not belong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from klnotes.check._engine.verdict import Task, Verdict, kind_of


@dataclass(frozen=True, eq=False)
class Proof(Task):
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

    def judged(self, answer: Any, /) -> Verdict:
        """The verdict on letters in an order, whatever stands between them: "BEA", "b, e, a", "B. → E. → A."."""
        known = sorted({*self.needs, *self.wrong})
        wanted = f"The answer must be letters from {known[0]} to {known[-1]}, but "
        try:
            letters = "".join(sign for sign in "".join(answer).upper() if sign.isalnum())
        except TypeError:
            return Verdict(False, wanted + f"got {kind_of(answer)}")
        if unknown := sorted(set(letters) - set(known)):
            return Verdict(False, wanted + f"{unknown[0]} is no step")
        return self._ordered(letters) if letters else self.unattempted()

    def _ordered(self, steps: str) -> Verdict:
        """The first step that is out of place, and why."""
        for number, step in enumerate(steps):
            if step in self.wrong:
                asked = ["Asked is the order of the other steps."] * (set(steps) <= set(self.wrong))
                return Verdict(False, f"{step} does not belong to the proof", notes=[self.wrong[step], *asked])
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
