"""Projects that other programs open: DAWproject and REAPER."""
