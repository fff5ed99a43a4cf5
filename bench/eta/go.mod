module github.com/cabstand/cabstand/bench/eta

go 1.26.0

require (
	github.com/LdDl/ch v1.10.0
	github.com/cabstand/cabstand v0.0.0
)

require (
	github.com/mmcloughlin/geohash v0.10.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
)

replace github.com/cabstand/cabstand => ../..
