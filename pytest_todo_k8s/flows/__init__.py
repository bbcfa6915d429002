"""What a user does with the application, by HTTP through the frontend alone."""
