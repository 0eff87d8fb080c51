"""Segments: groups of customers under a name, for everything that goes by groups.

    select_people(session, segment) -> Select of the ids of `people`

Fields come from domains (`fields`), rules are read and checked in `rules` and become conditions in `compile`;
`selecting` says who is in, `counting` how many, `verbs` makes and changes, `freezing` writes people down for good.
"""

from customers.segments.selecting import member_of, membership, select_fitting, select_people

__all__ = ["member_of", "membership", "select_fitting", "select_people"]
