"""Declarations of operators: a kernel and its derivative rules, one family a file."""
