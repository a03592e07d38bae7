"""The edges: ``cli`` for people at a terminal, ``api`` for systems, ``pages`` for clerks."""
