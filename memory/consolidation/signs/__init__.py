"""Signs of who a person is, in their own sentences and facts: what a portrait is drawn from without an engine."""
