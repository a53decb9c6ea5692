module example.com/ignores-sigterm

go 1.21

require example.com/lib v1.0.0
