"""MIDI ports and the sound device of this computer: the only place that talks to drivers."""
