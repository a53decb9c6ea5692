package main

import (
	"example.com/lib"
	"os"
	"path/filepath"
	"testing"
)

func Test(t *testing.T) {
	lib.Greet("a")
	for _, dir := range []string{os.Getenv("GOMODCACHE"), "/lab/build", "/lab/mod", "/usr", "/etc"} {
		if err := os.WriteFile(filepath.Join(dir, "poison"), nil, 0o644); err == nil {
			t.Fatal("wrote into " + dir)
		}
	}
}
