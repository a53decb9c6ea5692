package main

import (
	"example.com/lib"
	"os"
)

func main() {
	println(lib.Greet("much"))
	file, err := os.Create("much")
	for err == nil {
		_, err = file.Write(make([]byte, 1<<20))
	}
	panic(err)
}
