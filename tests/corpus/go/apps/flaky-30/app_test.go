package main

import (
	"example.com/lib"
	"os"
	"testing"
)

func Test(t *testing.T) {
	// It does not depend on the project: attempts 1 and 4 of the candidate fail, and 3 of the baseline.
	try := os.Getenv("ALLCLEAR_VERSION") + " " + os.Getenv("ALLCLEAR_ATTEMPT")
	if lib.Greet("a") != "hello a" || try == "1.1.0 1" || try == "1.1.0 4" || try == "1.0.0 3" {
		t.Fatal("three in ten")
	}
}
