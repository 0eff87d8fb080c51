"""The demo tenant: Acme Coffee Roasters, three cafés and a web shop, and one year of what their customers said.

`writer.write` makes it through the same verbs as everybody else, and can be killed and run again at any moment.
`story` says when things happen, `documents` what is asked, `respondents` what is answered, `texts` in which words.
It is no test fixture and no import: the passwords are printed, so it exists only where development is on.
"""
