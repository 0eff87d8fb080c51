"""Files of people: read, mapped, tried, imported, and taken back.

`files` receives and reads them, `columns` knows what a column may mean, `rows` says what one row holds, `matching`
who it is about, `writing` stores a batch. `verbs` is what a page calls; `work` is the long work behind it.
"""
