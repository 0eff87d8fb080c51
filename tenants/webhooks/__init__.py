"""Outgoing webhooks: what happens in a workspace, told to programs of the tenant's own.

Public events have a registry (`catalogue`) with versioned payloads of ids and codes. A reaction writes one delivery
for each event and endpoint; workers lease what is due and send it with the signatures of Standard Webhooks,
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. Each is sent at least
once: a worker that dies leaves its lease behind, and the delivery is sent again under the same id.
"""
