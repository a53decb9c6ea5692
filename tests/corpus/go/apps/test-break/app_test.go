package main

import (
	"example.com/lib"
	"testing"
)

func Test(t *testing.T) {
	if got := lib.Answer(); got != 42 {
		t.Fatalf("the answer is %d", got)
	}
}
