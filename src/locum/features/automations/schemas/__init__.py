"""Wire models of automations: triggers, actions, and what holds them together."""
