package main

import (
	"example.com/lib"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	println(lib.Greet("corpus"))
	signal.Ignore(syscall.SIGTERM)
	for {
		time.Sleep(time.Hour)
	}
}
