package main

import (
	"strconv"
	"strings"

	"github.com/cabstand/cabstand/internal/node"
)

const mostSeeds = 1000

// parseSeeds reads "7", "1,2,5", "1..10" or a mixture, each seed once.
func parseSeeds(text string) ([]uint64, error) {
	wrong := &node.ConfigError{Setting: "seed", Value: text, Accepted: "seeds such as 1, 1,2,5 or 1..10, each once, at most 1000"}
	var seeds []uint64
	known := map[uint64]bool{}
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "..")
		first, err := strconv.ParseUint(low, 10, 64)
		last := first
		if err == nil && isRange {
			last, err = strconv.ParseUint(high, 10, 64)
		}
		if err != nil || last < first || last-first >= mostSeeds {
			return nil, wrong
		}
		for seed := first; ; seed++ {
			if known[seed] || len(seeds) == mostSeeds {
				return nil, wrong
			}
			known[seed] = true
			seeds = append(seeds, seed)
			if seed == last {
				break
			}
		}
	}
	return seeds, nil
}
