"""What every room of the laboratory uses: the terminal, processes, the machine."""
