package road

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

const goodNodes = "lon,lat,node\n-74.00,40.0,a\n-74.01,40.0,b\n-74.02,40.0,c\n"

func TestImport(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		g, told, err := Import(Source{
			Nodes: strings.NewReader(goodNodes),
			Links: strings.NewReader("street,from,to,seconds_17h,seconds_20h\nElm,a,b,10,20.5\nElm,b,a,10,20\n"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if g.Len() != 3 || g.Edges() != 2 || told.Column != "seconds_17h" || told.Bad.Rows != 0 {
			t.Fatalf("%d nodes, %d edges, %+v", g.Len(), g.Edges(), told)
		}
		if way, ok := g.Route(0, 1); !ok || way.Takes() != 10*time.Second {
			t.Fatalf("%v %v", way, ok)
		}
		if g.Connected().Len() != 2 {
			t.Fatal("node c is not joined to anything")
		}
	})
	t.Run("Gzipped", func(t *testing.T) {
		var nodes bytes.Buffer
		z := gzip.NewWriter(&nodes)
		if _, err := z.Write([]byte(goodNodes)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if g, _, err := Import(Source{Nodes: &nodes, Links: strings.NewReader("from,to,seconds\na,b,10\n")}); err != nil || g.Len() != 3 {
			t.Fatalf("%v, error %v", g, err)
		}
	})
	t.Run("NamedColumn", func(t *testing.T) {
		g, _, err := Import(Source{
			Nodes: strings.NewReader(goodNodes), Column: "seconds_20h",
			Links: strings.NewReader("from,to,seconds_17h,seconds_20h\na,b,10,20.5\n"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if way, _ := g.Route(0, 1); way.Takes() != 20500*time.Millisecond {
			t.Fatalf("takes %v", way.Takes())
		}
	})
	t.Run("BadRowsAreNamed", func(t *testing.T) {
		g, told, err := Import(Source{
			Nodes: strings.NewReader(goodNodes + "-74,NaN,d\n-74,91,e\n0,0,f\n-74,40,a\nx,40,g\n-74,40\n"),
			Links: strings.NewReader("from,to,seconds\na,b,10\na,z,1\na,b,-1\na,b,NaN\na,a,1\n\"a,b,1\n"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if g.Edges() != 1 || told.Bad.Rows != 11 || len(told.Bad.First) != 11 {
			t.Fatalf("%d edges, %d bad rows: %v", g.Edges(), told.Bad.Rows, told.Bad)
		}
		for _, want := range []string{
			`nodes line 5: NaN,-74.000000 is no place`, `nodes line 8: node a comes twice`, `links line 3: to: no node z`,
			`links line 4: "-1" is not a number of seconds`,
		} {
			if !strings.Contains(strings.Join(told.Bad.First, "\n"), want) && !strings.Contains(told.Bad.String(), want) {
				t.Errorf("%q is not told: %v", want, told.Bad.First)
			}
		}
	})
	t.Run("ErrColumn", func(t *testing.T) {
		_, _, err := Import(Source{Nodes: strings.NewReader("node,lon\n"), Links: strings.NewReader("")})
		if err == nil || !strings.Contains(err.Error(), `no column lat: it has "node, lon"`) {
			t.Fatalf("error %v", err)
		}
	})
	t.Run("ErrEmpty", func(t *testing.T) {
		_, _, err := Import(Source{Nodes: strings.NewReader(""), Links: strings.NewReader("")})
		if err == nil || !strings.Contains(err.Error(), "nodes: the file is empty") {
			t.Fatalf("error %v", err)
		}
	})
	t.Run("ErrNoLink", func(t *testing.T) {
		_, _, err := Import(Source{Nodes: strings.NewReader(goodNodes), Links: strings.NewReader("from,to,seconds\n")})
		if err == nil {
			t.Fatal("a graph without an edge was accepted")
		}
	})
	t.Run("ErrReader", func(t *testing.T) {
		broken := io.MultiReader(strings.NewReader(goodNodes), iotest.ErrReader(io.ErrUnexpectedEOF))
		_, _, err := Import(Source{Nodes: broken, Links: strings.NewReader("from,to,seconds\na,b,10\n")})
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("error %v", err)
		}
	})
}

func FuzzImport(f *testing.F) {
	f.Add(goodNodes, "from,to,seconds\na,b,10\n")
	f.Add("node,lon,lat\n\"", "from,to,seconds\n,,\n")
	f.Fuzz(func(t *testing.T, nodes, links string) {
		g, told, err := Import(Source{Nodes: strings.NewReader(nodes), Links: strings.NewReader(links)})
		if err == nil && (g.Edges() == 0 || g.Edges() != told.Links || g.Len() != told.Nodes) {
			t.Fatalf("%d nodes, %d edges, told of %+v", g.Len(), g.Edges(), told)
		}
	})
}
