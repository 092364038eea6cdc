"""Programs of the judges that run in environments of their own; they import nothing of the tests but `wire`."""
