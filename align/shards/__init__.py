"""Folders of shards: made by one run at a time, resumed, checked, counted, shown."""
