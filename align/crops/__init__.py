"""From a photograph to the crops of its faces: read, detect, choose, warp."""
