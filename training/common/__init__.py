"""What every training pipeline shares."""
