"""What all tests stand on: the stack of a run, the databases of a worker, transactions that are rolled back."""
