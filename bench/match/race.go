package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// result is what all contenders made of one instance.
type result struct {
	*instance
	cost int64
	took map[string]times // by contender; one without is not for this instance
}

// times is what one contender took for an instance, turn by turn.
type times struct{ wall, cpu []time.Duration }

// race has every contender solve every instance in every round, the rare ones in
// every third. In each round another contender begins, so that none always
// follows the same one.
func race(ctx context.Context, instances []*instance, contenders []contender, rounds int) ([]result, error) {
	results := make([]result, len(instances))
	for k, in := range instances {
		results[k] = result{in, -1, map[string]times{}}
	}
	for round := range rounds {
		for k, in := range instances {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			for turn := range contenders {
				c := contenders[(turn+round)%len(contenders)]
				if c.rare && round%3 != 0 || c.cells > 0 && in.riders*in.drivers > c.cells {
					continue
				}
				if err := results[k].enter(c, k); err != nil {
					return nil, fmt.Errorf("%s, round %d: %w", in.name, round+1, err)
				}
			}
		}
	}
	return results, nil
}

// enter has one contender solve the instance, and holds its cost to the others'.
func (r *result) enter(c contender, k int) error {
	a, err := c.solve(k)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	if r.cost < 0 {
		r.cost = a.cost
	}
	if a.cost != r.cost {
		return fmt.Errorf("%s finds the least cost %d; another contender found %d", c.name, a.cost, r.cost)
	}
	t := r.took[c.name]
	r.took[c.name] = times{append(t.wall, a.wall), append(t.cpu, a.cpu)}
	return nil
}

// spread is the middle and the ends of what was measured.
type spread struct{ median, least, most time.Duration }

// spreadOf is the spread of at least one duration.
func spreadOf(all []time.Duration) spread {
	sorted := slices.Sorted(slices.Values(all))
	middle := len(sorted) / 2
	s := spread{sorted[middle], sorted[0], sorted[len(sorted)-1]}
	if len(sorted)%2 == 0 {
		s.median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return s
}

// over is how many times the other median this one is.
func (s spread) over(o spread) float64 { return float64(s.median) / float64(o.median) }

func (s spread) String() string {
	return fmt.Sprintf("%s (%s–%s)", ms(s.median), ms(s.least), ms(s.most))
}

// ms writes milliseconds with three digits that count.
func ms(d time.Duration) string {
	v := float64(d) / float64(time.Millisecond)
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}
