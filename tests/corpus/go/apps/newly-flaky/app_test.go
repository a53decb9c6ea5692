package main

import (
	"example.com/lib"
	"os"
	"testing"
)

func Test(t *testing.T) {
	if !lib.Roll(os.Getenv("ALLCLEAR_ATTEMPT")) {
		t.Fatal("lost")
	}
}
