package main

import (
	"example.com/lib"
	"testing"
)

func Test(t *testing.T) {
	if lib.Broken() {
		t.Fatal("broken for a long time")
	}
}
