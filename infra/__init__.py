"""The ground floor: settings, database, jobs, events, mail, storage, keys, texts. It knows no domain."""
