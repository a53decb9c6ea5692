module example.com/major-path

go 1.21

require example.com/lib/v2 v2.0.0
