"""Few treated units among many: their change beside that of the others, and beside what the others do among themselves."""
