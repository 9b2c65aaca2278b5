"""How a photograph is taken: conditions, light, rasteriser, camera."""
