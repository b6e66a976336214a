"""What the checks of all chapters are made of. Nothing here knows a chapter."""
