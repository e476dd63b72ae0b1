"""Tables for a spreadsheet: the platform's upload sheet, and the lines that come back decided."""
