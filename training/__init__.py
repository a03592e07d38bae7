"""From labelled rows to a version: ``train`` tells the whole way, each step has its module."""
