package main

import (
	"example.com/lib"
	"os/exec"
	"syscall"
)

func main() {
	println(lib.Greet("corpus"))
	daemon := exec.Command("sleep", "987654")
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := daemon.Start(); err != nil {
		panic(err)
	}
}
