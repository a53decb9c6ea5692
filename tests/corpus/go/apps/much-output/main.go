package main

import (
	"example.com/lib"
	"os"
	"strings"
)

func main() {
	line := []byte(strings.Repeat(lib.Greet("again "), 1000) + "\n")
	for n := 0; n < 1<<30; n += len(line) {
		os.Stdout.Write(line)
	}
}
