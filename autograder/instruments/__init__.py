"""Instruments with which an exercise's checks observe an answer from outside."""
