package main

import (
	"example.com/lib"
	"testing"
)

func Test(t *testing.T) {
	if lib.Greet("a") != "hello a" {
		t.Fatal("rude")
	}
}
