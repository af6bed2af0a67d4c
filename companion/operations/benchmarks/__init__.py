"""Measurements of the code that the chat runs, each with one command (`manage.py bench`)."""
