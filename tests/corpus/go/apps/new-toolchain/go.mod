module example.com/new-toolchain

go 1.99

require example.com/lib v1.0.0
