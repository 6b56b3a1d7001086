"""Data: read a folder, clean it, hold it as a Panel, work out the calendar ahead, generate a chain for trials."""
