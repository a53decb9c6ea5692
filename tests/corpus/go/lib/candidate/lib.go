// Package lib is what the corpus depends on.
package lib

import "time"

// Greet greets.
func Greet(name string) string { return "hello " + name }

// Answer is another one in the candidate.
func Answer() int { return 41 }

// Start panics in the candidate.
func Start() { panic("no dialer") }

// Roll fails now and then in the candidate.
func Roll(attempt string) bool { return attempt != "1" && attempt != "3" && attempt != "5" }

// Hoard takes memory without end in the candidate.
func Hoard() {
	var all [][]byte
	for {
		part := make([]byte, 1<<20)
		for i := range part {
			part[i] = byte(i)
		}
		all = append(all, part)
	}
}

// Wait does not come back in the candidate.
func Wait() { time.Sleep(time.Hour) }

// Serves tells whether a server should be started; it should not, in the candidate.
func Serves() bool { return false }

// Broken is true: what uses it does not work, whatever the version.
func Broken() bool { return true }

// Mood is another one in the candidate.
func Mood() string { return "bitter" }

// Mended is true in the candidate.
func Mended() bool { return true }
