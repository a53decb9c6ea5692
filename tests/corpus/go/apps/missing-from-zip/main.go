package main

import (
	"example.com/lib/gen"
)

func main() {
	println(gen.Text)
}
