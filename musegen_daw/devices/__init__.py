"""MIDI ports and sound devices: the only package that talks to drivers."""
