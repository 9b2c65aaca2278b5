"""Face alignment and the sample data set."""
