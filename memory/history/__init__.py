"""Histories from elsewhere, through the same door as the chat: `read` knows the formats, `keep` stores."""
