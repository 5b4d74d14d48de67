"""What people read: the table, the answer in sentences, summary.csv, figures."""
