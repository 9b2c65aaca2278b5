"""The devices of a run, and what makes a step over several processes compute what one process would."""
