"""Surveys: definitions and their versions, the answers of respondents, and exact figures with their uncertainty.

Not here: who is asked and how (customers, campaigns), what follows from an answer (feedback, loyalty; they react
to `surveys.events`), and any page (web).
"""
