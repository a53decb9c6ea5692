package main

import (
	"example.com/lib"
	"os"
	"testing"
)

func Test(t *testing.T) {
	if lib.Greet("a") != "hello a" || os.Getenv("ALLCLEAR_ATTEMPT") == "10" {
		t.Fatal("one in ten")
	}
}
