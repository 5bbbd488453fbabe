-- What was told about one request, and what waits to be: asked for each line of a thread, among the deliveries of two days.
create index delivery_request on delivery (request_id, place);
