package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

const (
	peerKey    = "peer:drivers"
	pipeline   = 200 // commands in one
	pipelines  = 2   // under way on a connection
	connection = 2
	passes     = 8 // of all cars, that are prepared
)

// geoadd is the peer: what Redis takes when somebody does nothing but write
// positions into it, one GEOADD each, pipelined, of cars that move as ours do.
type geoadd struct {
	address string
	streams [connection][][]byte // prepared pipelines, by connection
}

func newGeoadd(redisURL string, cars int, seed uint64) (*geoadd, error) {
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		return nil, err
	}
	g := &geoadd{address: options.Addr}
	town, random, now, n := newCity(cars, seed), rand.New(rand.NewPCG(seed, 3)), time.Unix(0, 0), 0
	for range passes {
		now = now.Add(time.Second)
		for i := range town.cars {
			town.cars[i].drive(now, random)
			g.add(n/pipeline%connection, n%pipeline == 0, town.cars[i].at, i)
			n++
		}
	}
	if n%pipeline != 0 { // the last one is not full
		last := &g.streams[n/pipeline%connection]
		*last = (*last)[:len(*last)-1]
	}
	return g, nil
}

// add appends a command to the last pipeline of a connection, or to a new one.
func (g *geoadd) add(to int, fresh bool, at place, car int) {
	if fresh {
		g.streams[to] = append(g.streams[to], nil)
	}
	last, p := &g.streams[to][len(g.streams[to])-1], at.point()
	*last = appendCommand(*last, "GEOADD", peerKey,
		strconv.FormatFloat(p.Lon, 'f', 6, 64), strconv.FormatFloat(p.Lat, 'f', 6, 64), driverID(car))
}

// appendCommand appends a command in Redis' protocol.
func appendCommand(dst []byte, words ...string) []byte {
	dst = append(strconv.AppendInt(append(dst, '*'), int64(len(words)), 10), "\r\n"...)
	for _, w := range words {
		dst = append(strconv.AppendInt(append(dst, '$'), int64(len(w)), 10), "\r\n"...)
		dst = append(append(dst, w...), "\r\n"...)
	}
	return dst
}

// run writes for that long, as fast as Redis takes it, and returns how many
// positions it took.
func (g *geoadd) run(ctx context.Context, d time.Duration) (n int, err error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var work errgroup.Group
	var counts [connection]int
	for i := range g.streams {
		work.Go(func() (err error) {
			counts[i], err = g.pump(ctx, g.streams[i])
			return err
		})
	}
	err = work.Wait()
	for _, c := range counts {
		n += c
	}
	return n, err
}

// pump keeps pipelines under way on one connection until ctx ends.
func (g *geoadd) pump(ctx context.Context, stream [][]byte) (n int, err error) {
	conn, err := net.Dial("tcp", g.address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	replies := bufio.NewReaderSize(conn, 16<<10)
	sent := 0
	for answered := 0; ; answered++ {
		for ; sent < answered+pipelines && ctx.Err() == nil; sent++ {
			if _, err := conn.Write(stream[sent%len(stream)]); err != nil {
				return n, err
			}
		}
		if answered == sent {
			return n, nil
		}
		if err := integers(replies, pipeline); err != nil {
			return n, err
		}
		n += pipeline
	}
}

// integers reads that many replies, which have to be integers.
func integers(r *bufio.Reader, n int) error {
	for range n {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line[0] != ':' {
			return fmt.Errorf("redis: %q", line)
		}
	}
	return nil
}
