"""What conditions may ask of a thing: its operators, its possible values, whether it is a number."""

from collections.abc import Mapping

from surveys.definition.kinds.base import EQUALITY, INCLUSION, ORDER, PRESENCE
from surveys.definition.model import (
    Asked,
    Comparison,
    Constant,
    Definition,
    HiddenField,
    HiddenOperand,
    LanguageOperand,
    Operand,
    Question,
    QuestionOperand,
    Variable,
    VariableOperand,
)


class Register:
    """Everything of a survey that can be asked for, by its name."""

    def __init__(self, definition: Definition) -> None:
        self.languages = definition.languages
        self.questions: Mapping[str, Question] = {question.id: question for question in definition.questions}
        self.variables: Mapping[str, Variable] = {variable.id: variable for variable in definition.variables}
        self.hidden: Mapping[str, HiddenField] = {field.code: field for field in definition.hidden}
        self.ranges: Mapping[str, tuple[float, float]] | None = None
        """Between which numbers variables lie, once somebody has asked."""

    def question(self, operand: QuestionOperand) -> Question | None:
        """The question, or what a row of it would be as a question; None for what there is not."""
        question = self.questions.get(operand.id)
        if question is None or not operand.row:
            return question
        return question.kind.part(question, operand.row)

    def exists(self, operand: Operand) -> bool:
        """Whether there is such a thing."""
        match operand:
            case QuestionOperand():
                return self.question(operand) is not None
            case HiddenOperand():
                return operand.code in self.hidden
            case VariableOperand():
                return operand.id in self.variables
        return True

    def operators(self, operand: Asked) -> frozenset[str]:
        """What a comparison may do with it."""
        match operand:
            case QuestionOperand():
                question = self.question(operand)
                return question.kind.operators if question is not None else frozenset()
            case HiddenOperand():
                return EQUALITY | PRESENCE | (ORDER if self.is_number(operand) else frozenset())
            case VariableOperand():
                return EQUALITY | ORDER
            case LanguageOperand():
                return EQUALITY

    def is_number(self, operand: Operand) -> bool:
        """Whether its value is a number when it is there."""
        match operand:
            case QuestionOperand():
                question = self.question(operand)
                return question is not None and question.kind.value == "number"
            case HiddenOperand():
                return operand.code in self.hidden and self.hidden[operand.code].type == "number"
            case Constant():
                return isinstance(operand.value, int | float) and not isinstance(operand.value, bool)
        return isinstance(operand, VariableOperand)

    def has_amount(self, operand: Operand) -> bool:
        """Whether it can be added to a variable: a number, or options that have points."""
        if isinstance(operand, QuestionOperand) and not operand.row:
            question = self.question(operand)
            if question is not None and question.kind.value in ("code", "codes"):
                return True
        return self.is_number(operand)

    def fits(self, test: Comparison) -> bool:
        """Whether the right of a comparison is something that the left can be compared with."""
        if not isinstance(test.right, Constant):
            return test.right is not None and test.operator != "one_of" and self._pairs(test.left, test.right)
        value = test.right.value
        many = test.operator == "one_of" or test.operator in INCLUSION
        if many != isinstance(value, tuple) or value == ():
            return False
        values = value if isinstance(value, tuple) else (value,)
        return all(self._is_possible(test.left, item) for item in values)

    def _pairs(self, left: Operand, right: Operand) -> bool:
        """Whether the values of two things compare: both are numbers, or moments of one type."""
        if self.is_number(left):
            return self.is_number(right)
        if not isinstance(left, QuestionOperand) or not isinstance(right, QuestionOperand):
            return False
        one, other = self.question(left), self.question(right)
        return one is not None and other is not None and one.type == other.type and one.kind.value == "moment"

    def _is_possible(self, left: Asked, value: float | str | bool) -> bool:
        match left:
            case LanguageOperand():
                return isinstance(value, str) and value in self.languages
            case QuestionOperand():
                question = self.question(left)
                return question is not None and question.kind.accepts(question, value)
            case HiddenOperand() if not self.is_number(left):
                listed = self.hidden[left.code].values
                return isinstance(value, str) and (not listed or value in listed)
        return isinstance(value, int | float) and not isinstance(value, bool)
