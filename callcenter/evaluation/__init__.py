"""Measure the product: labelled messages against what the analyzer and the routing make of them, and scripted calls.

Nothing here serves customers, and nothing that does imports it. What is printed of a measurement is the command
line's to lay out.
"""
