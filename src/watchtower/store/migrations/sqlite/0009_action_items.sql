-- At the start the webhook of action items asks of which incidents one was changed lately.
CREATE INDEX incident_log_action_items ON incident_log (at) WHERE kind IN ('review.action', 'review.action_done');
