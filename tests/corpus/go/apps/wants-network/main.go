package main

import (
	"example.com/lib"
	"net"
)

func main() {
	println(lib.Greet("world"))
	if _, err := net.Dial("tcp", "192.0.2.1:80"); err != nil {
		panic(err)
	}
}
