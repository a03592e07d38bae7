"""The command line. Each verb is imported when it is used, so that ``--help`` stays fast."""
