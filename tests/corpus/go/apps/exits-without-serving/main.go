package main

import (
	"example.com/lib"
	"net/http"
)

func main() {
	if lib.Serves() {
		panic(http.ListenAndServe("127.0.0.1:8080", nil))
	}
}
