"""Who is late with what: duties computed from the ledger and the calendar, reminders sent once each, channels they go by."""
