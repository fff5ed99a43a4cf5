package road

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cabstand/cabstand/geo"
	"pgregory.net/rapid"
)

// saved is the graph as a file.
func saved(tb rapid.TB, g *Graph) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := g.Save(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestGraph_Save(t *testing.T) {
	t.Run("ComesBack", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := randomGraph(t)
			file := saved(t, g)
			again, err := Open(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			sameGraph(t, g, again)
			// Bytes that lie badly are copied.
			if again, err = FromBytes(append(make([]byte, 1, len(file)+1), file...)[1:]); err != nil {
				t.Fatal(err)
			}
			sameGraph(t, g, again)
		})
	})
	t.Run("Empty", func(t *testing.T) {
		g, err := FromBytes(saved(t, new(Builder).Graph()))
		if err != nil || g.Len() != 0 {
			t.Fatalf("%v, %v", g, err)
		}
	})
	t.Run("Kinds", func(t *testing.T) {
		g, err := FromBytes(saved(t, ladder(t, 3)))
		if err != nil || !slices.Equal(g.kinds, []Kind{{Name: "High Street"}}) {
			t.Fatalf("%v, %v", g.kinds, err)
		}
	})
	t.Run("Credit", func(t *testing.T) {
		b := Builder{Credit: "© Somebody"}
		g, err := FromBytes(saved(t, b.Graph().Connected()))
		if err != nil || g.Credit() != "© Somebody" {
			t.Fatalf("%q, %v", g.Credit(), err)
		}
	})
	t.Run("ErrWriting", func(t *testing.T) {
		if err := ladder(t, 3).Save(fullDisk{}); err != io.ErrShortWrite {
			t.Fatal(err)
		}
	})
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func sameGraph(t *rapid.T, a, b *Graph) {
	t.Helper()
	same := slices.Equal(a.points, b.points) && slices.Equal(a.edges, b.edges) && slices.Equal(a.kinds, b.kinds) &&
		slices.Equal(a.first, b.first) && slices.Equal(a.firstIn, b.firstIn) && slices.Equal(a.in, b.in) &&
		slices.Equal(a.inArcs, b.inArcs) && slices.Equal(a.streets, b.streets) && a.slowest == b.slowest
	for _, pair := range [][2]*grid{{&a.nodes, &b.nodes}, {&a.lines, &b.lines}} {
		p, q := pair[0], pair[1]
		same = same && slices.Equal(p.first, q.first) && slices.Equal(p.items, q.items) &&
			p.box == q.box && p.side == q.side && p.lonSide == q.lonSide && p.rows == q.rows && p.cols == q.cols
	}
	if !same {
		t.Fatalf("saved %+v\nloaded %+v", a, b)
	}
}

func TestFromBytes_Err(t *testing.T) {
	whole := saved(t, ladder(t, 5))
	t.Run("CutShort", func(t *testing.T) {
		for n := range whole {
			if _, err := FromBytes(whole[:n]); err == nil {
				t.Fatalf("%d bytes of %d are a graph", n, len(whole))
			}
		}
	})
	t.Run("OneBitWrong", func(t *testing.T) {
		for i := range whole {
			damaged := slices.Clone(whole)
			damaged[i] ^= 1 << (i % 8)
			if _, err := FromBytes(damaged); err == nil {
				t.Fatalf("with byte %d changed it is a graph", i)
			}
		}
	})
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"OtherFile": {[]byte("PK\x03\x04 some other kind of file"), "it begins with"},
		"Version":   {append(append(slices.Clone(whole[:8]), 9), whole[9:]...), "version 9: accepted is 2"},
		"Added":     {append(slices.Clone(whole), 0), "something was added"},
		"Nothing":   {nil, "0 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := FromBytes(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v does not say %q", err, c.want)
			}
		})
	}
}

// sealed gives a file the size and the checksum that fit what is in it.
func sealed(file []byte) []byte {
	if len(file) < headerSize {
		return file
	}
	file = slices.Clone(file)
	copy(file, saveMagic)
	binary.LittleEndian.PutUint32(file[8:], saveVersion)
	binary.LittleEndian.PutUint32(file[12:], crc32.Checksum(file[headerSize:], castagnoli))
	binary.LittleEndian.PutUint64(file[16:], uint64(len(file)-headerSize))
	return file
}

// With the checksum right, the arrays may still be anything: they are refused, or
// a graph on which nothing fails.
func FuzzFromBytes(f *testing.F) {
	f.Add(saved(f, ladder(f, 4)), 0, byte(0))
	f.Add(saved(f, new(Builder).Graph()), 0, byte(0))
	whole := saved(f, ladder(f, 3))
	for at := headerSize; at < len(whole); at += 4 {
		f.Add(whole, at, byte(0xff))
	}
	f.Fuzz(func(t *testing.T, file []byte, at int, to byte) {
		if at >= 0 && at < len(file) {
			file = slices.Clone(file)
			file[at] = to
		}
		g, err := FromBytes(sealed(file))
		if err != nil {
			return
		}
		p := geo.Point{Lat: 40, Lon: -74}
		g.Nearest(p)
		g.Between(p, geo.Point{Lat: 40.001, Lon: -73.9})
		if place, ok := g.Snap(p); ok {
			row := g.To(place, time.Hour)
			row.Way(place)
			row.Release()
		}
		for range g.Streets() {
		}
		g.Connected()
	})
}

func TestSwapped(t *testing.T) {
	if got := swapped([]byte{1, 2, 3, 4, 5, 6, 7, 8}, 4); !bytes.Equal(got, []byte{4, 3, 2, 1, 8, 7, 6, 5}) {
		t.Fatal(got)
	}
}
