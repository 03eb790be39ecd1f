"""What waits for a person at the bureau goes out as a workbook, and the answers come back through the inbox."""
