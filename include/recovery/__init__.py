"""What is computed is made again from the archive and the ledger; what is fact is backed up and put back."""
