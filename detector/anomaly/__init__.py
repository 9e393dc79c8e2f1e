"""How strange a reading is, whether to say so, and what to say."""
