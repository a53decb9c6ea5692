package main

import (
	"example.com/lib"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	println(lib.Greet("corpus"))
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
	<-signals
}
