package main

import (
	"example.com/lib"
	"testing"
)

func Test(t *testing.T) {
	if !lib.Mended() {
		t.Fatal("not mended")
	}
}
