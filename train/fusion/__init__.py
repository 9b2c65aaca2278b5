"""Two towers made into one fused encoder, and what is chosen for it on people held out."""
