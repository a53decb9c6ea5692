// Package gen has a file in it that a generator makes.
package gen

import _ "embed"

// Text is what was generated.
//
//go:embed gen.txt
var Text string
