"""What people are shown, read once for every face: the terminal, the console, the messages."""
