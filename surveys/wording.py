"""How problems of surveys are worded."""

from infra.i18n import N_
from infra.sentences import Sentence

__all__ = ["N_", "Sentence"]
