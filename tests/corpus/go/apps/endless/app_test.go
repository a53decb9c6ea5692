package main

import (
	"example.com/lib"
	"testing"
)

func Test(t *testing.T) {
	lib.Wait()
}
