"""Files that ship with the program; read through ``models.resources``."""
