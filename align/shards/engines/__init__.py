"""How the work of stage 1 is spread: over the cores of one machine, or over a cluster."""
