package main

import (
	"fmt"
	"testing"
)

func BenchmarkNearest(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newCity(n, 1)
			x := &ours{}
			x.fill(c.cars)
			riders := c.riders(4096)
			b.ResetTimer()
			for i := range b.N {
				x.ask(riders[i%len(riders)], nil)
			}
		})
	}
}

func BenchmarkMove(b *testing.B) {
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newCity(n, 1)
			x := &ours{}
			x.fill(c.cars)
			moves := c.drive(b.N)
			b.ResetTimer()
			x.move(c.cars, moves)
		})
	}
}
