package redisgeo_test

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cabstand/cabstand/geo"
	"github.com/cabstand/cabstand/internal/driver"
	"github.com/cabstand/cabstand/internal/redisgeo"
	"github.com/cabstand/cabstand/internal/testenv"
)

// Drivers who go about a city, in batches as a tracker flushes them: what an
// update costs Redis and the writer, beside GEOADD alone, one command each, in
// pipelines as long as the batches.
func BenchmarkStore_Apply(b *testing.B) {
	server, err := testenv.StartRedis()
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	c := mustClient(b, server.URL)
	c.ConfigSet(b.Context(), "appendonly", "no")
	for _, batch := range []int{100, 1000} {
		b.Run(fmt.Sprintf("geoadd/batch=%d", batch), func(b *testing.B) {
			measure(b, c, batch, func(l []driver.Location) error {
				_, err := c.Pipelined(b.Context(), func(p redis.Pipeliner) error {
					for i := range l {
						p.GeoAdd(b.Context(), "drivers", &redis.GeoLocation{Name: l[i].DriverID, Longitude: l[i].Lon, Latitude: l[i].Lat})
					}
					return nil
				})
				return err
			})
		})
		b.Run(fmt.Sprintf("apply/batch=%d", batch), func(b *testing.B) {
			s := mustOpen(b, redisgeo.Options{URL: server.URL})
			measure(b, c, batch, func(l []driver.Location) error { return s.Apply(b.Context(), l) })
		})
	}
}

// measure applies b.N updates of 10,000 drivers, each of whom is where a
// position every four seconds finds a car at 8 m/s.
func measure(b *testing.B, c *redis.Client, batch int, apply func([]driver.Location) error) {
	const drivers, step = 10_000, 32
	if err := c.FlushAll(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	all := make([]driver.Location, drivers)
	heading := make([]float64, drivers)
	for i := range all {
		all[i] = at(fmt.Sprintf("drv-%06d", i), geo.Destination(timesSq, rnd.Float64()*360, math.Abs(rnd.NormFloat64())*6000), noon)
		all[i].Session, all[i].Available = "019a3f5e-7c1b-7d2e-8f3a-4b5c6d7e8f90", true
		all[i].Speed, all[i].Heading, all[i].Accuracy = 8.25, 270, 6.5
		heading[i] = rnd.Float64() * 360
	}
	seen := noon
	run := func(updates int) {
		for done := 0; done < updates; done += batch {
			at := done % drivers
			if at == 0 {
				seen = seen.Add(4 * time.Second)
			}
			part := all[at:min(at+batch, drivers)]
			for i := range part {
				p := geo.Destination(part[i].Point, heading[at+i], step)
				part[i].Point = geo.Point{Lat: math.Round(p.Lat*1e6) / 1e6, Lon: math.Round(p.Lon*1e6) / 1e6}
				part[i].SeenAt, part[i].FixedAt = seen, seen.Add(-300*time.Millisecond)
				part[i].Seq++
			}
			b.StartTimer()
			err := apply(part)
			b.StopTimer()
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	run(drivers)
	b.ResetTimer()
	b.ReportAllocs()
	server, own := redisCPU(b, c), ownCPU()
	run(b.N)
	server, own = redisCPU(b, c)-server, ownCPU()-own
	b.ReportMetric(float64(server.Nanoseconds())/float64(b.N)/1e3, "redis-µs/update")
	b.ReportMetric(float64(own.Nanoseconds())/float64(b.N)/1e3, "own-µs/update")
}

// redisCPU is the processor time that the server has used.
func redisCPU(b *testing.B, c *redis.Client) (used time.Duration) {
	info, err := c.Info(b.Context(), "cpu").Result()
	if err != nil {
		b.Fatal(err)
	}
	for lines := bufio.NewScanner(strings.NewReader(info)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		if name == "used_cpu_user" || name == "used_cpu_sys" {
			s, err := strconv.ParseFloat(value, 64)
			if err != nil {
				b.Fatal(err)
			}
			used += time.Duration(s * float64(time.Second))
		}
	}
	return used
}

// ownCPU is the processor time that this process has used, the making of the
// positions included.
func ownCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
