"""The tables of the access policy, one for each audience; `web/surfaces.py` puts them together."""
