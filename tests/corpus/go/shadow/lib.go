// Package lib is what the corpus depends on.
package lib

// Old is gone in the candidate.
func Old() string { return "old" }

// Greet greets.
func Greet(name string) string { return "hello " + name }

// Answer is another one in the candidate.
func Answer() int { return 42 }

// Start panics in the candidate.
func Start() {}

// Roll fails now and then in the candidate.
func Roll(attempt string) bool { return true }

// Hoard takes memory without end in the candidate.
func Hoard() {}

// Wait does not come back in the candidate.
func Wait() {}

// Serves tells whether a server should be started; it should not, in the candidate.
func Serves() bool { return true }

// Broken is true: what uses it does not work, whatever the version.
func Broken() bool { return true }

// Mood is another one in the candidate.
func Mood() string { return "sour" }

// Mended is true in the candidate.
func Mended() bool { return false }
