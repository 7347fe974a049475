"""From clips to audio through a SoundFont."""
