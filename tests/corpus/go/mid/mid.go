// Package mid needs a later version of lib than anybody has released.
package mid

import "example.com/lib"

// Greet greets.
func Greet() string { return lib.Greet("mid") }
