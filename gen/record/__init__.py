"""What a program asks of malloc: the recorder in C, the readers of its files, the command."""
