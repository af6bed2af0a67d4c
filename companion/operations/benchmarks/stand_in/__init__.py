"""A stand-in for a language model that is honest about everything but thinking: the real protocol, a real socket."""
