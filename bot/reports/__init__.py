"""What comes out: weekly summary, notices, slips, evidence, ledgers."""
