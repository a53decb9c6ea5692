module example.com/leaves-a-daemon

go 1.21

require example.com/lib v1.0.0
