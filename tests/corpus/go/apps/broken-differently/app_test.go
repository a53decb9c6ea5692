package main

import (
	"example.com/lib"
	"testing"
)

func Test(t *testing.T) {
	t.Fatal("the mood is " + lib.Mood())
}
