"""Random programs under PyTorch and Rushlight: one text, run by both, compared line by line.

`author` writes the statements, `machine` runs them under one library and looks at what there is,
`game` plays a program on both sides. ``python -m tests.random_programs`` plays many, prints one,
or replays a text.
"""
