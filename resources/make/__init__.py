"""Makes the resources that this project bundles: the SoundFont, the clips and the grooves."""
