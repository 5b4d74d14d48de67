"""From scores to answers: intervals, equivalent runs, cost and crossover; functions of numbers, nothing of files."""
