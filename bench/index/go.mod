module github.com/cabstand/cabstand/bench/index

go 1.26.0

require (
	github.com/cabstand/cabstand v0.0.0
	github.com/tidwall/rtree v1.10.0
)

require (
	github.com/mmcloughlin/geohash v0.10.0 // indirect
	github.com/tidwall/geoindex v1.7.0 // indirect
)

replace github.com/cabstand/cabstand => ../..
