"""Instrument clips in, drum clips out."""
