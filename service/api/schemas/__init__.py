"""What the calls take and give: one file a noun. Requests are checked by these models, answers documented by them."""
