package main

import (
	"example.com/lib"
	"example.com/mid"
)

func main() {
	println(mid.Greet(), lib.Greet("raised"))
}
