"""Properties that hold for every ledger and every form; the strategies draw both."""
