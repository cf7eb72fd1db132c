-- The few calls with actions that wait for somebody to approve them, among all there are.

create index conversations_with_proposals on conversations (started_at, call_id)
  where json_array_length(state, '$.proposals') > 0;
