"""The Clips panel: parts and their drums on one time axis, edited by hand and by the model."""
