"""Mechanisms: noise on numbers, choices by score, and answers at random."""
