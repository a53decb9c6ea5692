module example.com/raised

go 1.21

require (
	example.com/lib v1.0.0
	example.com/mid v1.0.0
)
