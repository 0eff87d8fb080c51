"""Conditions that look back, jumps that lead forward, in every order there can be; nothing dangling, no circles."""

from surveys.definition.asked import Register
from surveys.definition.circles import in_circles
from surveys.definition.conditions import comparisons
from surveys.definition.contradictions import Judge
from surveys.definition.kinds.base import PRESENCE
from surveys.definition.model import (
    END,
    Block,
    Comparison,
    Condition,
    Definition,
    HiddenOperand,
    Jump,
    Operand,
    Question,
    QuestionOperand,
    VariableOperand,
)
from surveys.definition.places import Place, Places
from surveys.definition.reader import Problems
from surveys.wording import N_

NO_QUESTION = N_("This condition asks for a question that does not exist.")
NO_HIDDEN = N_("This asks for a hidden field that does not exist.")
NO_VARIABLE = N_("This asks for a variable that does not exist.")
ONLY_LATER = N_("This condition asks for a question that comes only later.")
MAY_COME_LATER = N_("This condition asks for a question that comes later for some, because of the changing order.")
NEVER = N_("This condition can never hold: what it asks for excludes itself.")
NEVER_HERE = N_("This condition can never hold here: who comes here has answered otherwise.")
INTO_GROUP = N_("A jump cannot lead to a block that changes places with others.")
NO_AMOUNT = N_("This is no number and has no points, so it adds nothing.")
CIRCLE = N_("This variable asks for itself, directly or through others.")


class LogicChecks:
    """One pass over everything in a survey that is decided by answers."""

    def __init__(self, definition: Definition, problems: Problems, judge: Judge) -> None:
        self.definition = definition
        self.problems = problems
        self.judge = judge
        self.things = Register(definition)
        self.places = Places(definition)
        self.endings = {ending.id for ending in definition.endings}

    def run(self) -> None:
        for b, block in enumerate(self.definition.blocks):
            self._block(f"/blocks/{b}", block)
        self._variables()
        self._quotas()
        self._groups()

    def _block(self, pointer: str, block: Block) -> None:
        self.condition(f"{pointer}/show_if", block.show_if, self.places.start_of(block))
        for q, question in enumerate(block.questions):
            self._question(f"{pointer}/questions/{q}", question, block)
        self._jumps(pointer, block.jumps, block, self.places.end_of(block), (block.show_if,))

    def _question(self, pointer: str, question: Question, block: Block) -> None:
        place = self.places.questions[question.id]
        self.condition(f"{pointer}/show_if", question.show_if, place, (block.show_if,))
        self.condition(f"{pointer}/require_if", question.require_if, place, (block.show_if, question.show_if))
        here = (block.show_if, question.show_if)
        self._jumps(pointer, question.jumps, block, place, here, itself=question.id)

    def condition(
        self,
        pointer: str,
        condition: Condition | None,
        at: Place | None,
        here: tuple[Condition | None, ...] = (),
        itself: str = "",
    ) -> None:
        """Checks a condition that is asked at a place (None: at any moment), where `here` held before.

        `itself` is a question that may be asked for although it stands at that very place.
        """
        sound = True
        for place, test in comparisons(condition, pointer):
            known = all(self._known(place, operand, at, itself) for operand in (test.left, test.right) if operand)
            sound = known and self._operands(place, test) and sound
        if condition is None or not sound:
            return
        if not self.judge.can_hold([condition]):
            self.problems.add(pointer, NEVER)
        elif not self.judge.can_hold([condition], here):
            self.problems.add(pointer, NEVER_HERE)

    def _known(self, pointer: str, operand: Operand, at: Place | None, itself: str) -> bool:
        if not self.things.exists(operand):
            self.problems.add(pointer, _absent(operand))
            return False
        if not isinstance(operand, QuestionOperand) or at is None or operand.id == itself:
            return True
        asked = self.places.questions[operand.id]
        if asked.is_certainly_before(at):
            return True
        always = asked == at or at.is_certainly_before(asked)
        self.problems.add(pointer, ONLY_LATER if always else MAY_COME_LATER)
        return False

    def _operands(self, place: str, test: Comparison) -> bool:
        if test.operator not in self.things.operators(test.left):
            self.problems.add(f"{place}/operator", N_("This comparison does not fit the question's type."))
            return False
        if test.operator not in PRESENCE and not self.things.fits(test):
            self.problems.add(f"{place}/right", N_("This value does not fit what it is compared with."))
            return False
        return True

    def _jumps(
        self,
        pointer: str,
        jumps: tuple[Jump, ...],
        block: Block,
        at: Place,
        here: tuple[Condition | None, ...],
        itself: str = "",
    ) -> None:
        for index, jump in enumerate(jumps):
            place = f"{pointer}/jumps/{index}"
            self.condition(f"{place}/when", jump.when, at, here, itself)
            if jump.to == END or jump.to in self.endings:
                continue
            if jump.to not in self.places.blocks:
                self.problems.add(f"{place}/to", N_("This jump leads to a block that does not exist."))
            elif jump.to in self.places.groups:
                self.problems.add(f"{place}/to", INTO_GROUP)
            elif not self.places.leads_forward(block.id, jump.to):
                self.problems.add(f"{place}/to", N_("A jump can only lead forward, to a later block or the end."))

    def _variables(self) -> None:
        circling = in_circles(self.definition.variables)
        for v, variable in enumerate(self.definition.variables):
            if variable.id in circling:
                self.problems.add(f"/variables/{v}", CIRCLE)
            for t, term in enumerate(variable.terms):
                pointer = f"/variables/{v}/terms/{t}"
                self.condition(f"{pointer}/when", term.when, None)
                known = self._known(f"{pointer}/add", term.add, None, "")
                if known and not self.things.has_amount(term.add):
                    self.problems.add(f"{pointer}/add", NO_AMOUNT)

    def _quotas(self) -> None:
        for index, quota in enumerate(self.definition.quotas):
            self.condition(f"/quotas/{index}/when", quota.when, self.places.end)
            if quota.ending and quota.ending not in self.endings:
                self.problems.add(f"/quotas/{index}/ending", N_("This ending does not exist."))

    def _groups(self) -> None:
        for g, group in enumerate(self.definition.shuffle):
            for index, block in enumerate(group):
                if block not in self.places.blocks:
                    self.problems.add(f"/shuffle/{g}/{index}", N_("This block does not exist."))


def _absent(operand: Operand) -> str:
    if isinstance(operand, HiddenOperand):
        return NO_HIDDEN
    return NO_VARIABLE if isinstance(operand, VariableOperand) else NO_QUESTION
