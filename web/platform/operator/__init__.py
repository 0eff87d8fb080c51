"""The pages of those who run Rapport, on the platform's host: what needs them, and what they can do about it."""
