"""Understand one customer message in Arabic or English: language, intent, sentiment, urgency, question, entities.

Pure: `analyze(text, lexicons)` reads no clock, store or network, and answers the same for the same input, always.
Words live in lexicons/*.toml; this package holds how they are found and weighed, and leaves what follows from a verdict
to routing.py.
"""
