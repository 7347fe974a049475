"""The window: Qt panels on top of the other packages, without musical logic of their own."""
