"""Short clips of rendered people, bona fide and forged: what videos are tried on."""
