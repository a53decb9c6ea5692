package main

import (
	"example.com/lib"
	"testing"
)

func Test(t *testing.T) {
	if lib.Answer() != 42 {
		t.Fatal("it is known")
	}
}
