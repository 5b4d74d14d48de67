"""Executes cells: each shared input once, failures as results, every second booked."""
