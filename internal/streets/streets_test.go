package streets

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func mustFile(tb testing.TB, name, text string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

func tables(tb testing.TB) Files {
	return Files{
		Nodes: mustFile(tb, "nodes.csv", "node,lon,lat\na,-74,40.1\nb,-74,40.2\nc,-74,40.3\n"),
		Links: mustFile(tb, "links.csv", "from,to,seconds\na,b,10\nb,a,20\nb,c,30\n"),
	}
}

func TestFiles_Check(t *testing.T) {
	for name, c := range map[string]struct {
		files   Files
		setting string // "" if accepted
	}{
		"Nothing":     {Files{}, ""},
		"Tables":      {Files{Nodes: "n", Links: "l"}, ""},
		"OSM":         {Files{OSM: "o"}, ""},
		"Road":        {Files{Road: "r"}, ""},
		"ErrNodes":    {Files{Nodes: "n"}, "nodes"},
		"ErrLinks":    {Files{Links: "l"}, "nodes"},
		"ErrTwo":      {Files{Nodes: "n", Links: "l", OSM: "o"}, "osm"},
		"ErrTwoSaved": {Files{OSM: "o", Road: "r"}, "road"},
		"ErrThree":    {Files{Nodes: "n", Links: "l", Road: "r"}, "road"},
	} {
		t.Run(name, func(t *testing.T) {
			var wrong *SettingError
			err := c.files.Check()
			if errors.As(err, &wrong) != (c.setting != "") || wrong != nil && wrong.Setting != c.setting {
				t.Errorf("%v", err)
			}
			if c.files.Given() != (name != "Nothing") {
				t.Errorf("given: %t", c.files.Given())
			}
		})
	}
}

func TestFiles_Load(t *testing.T) {
	load := func(t *testing.T, f Files) Loaded {
		t.Helper()
		loaded, err := f.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return loaded
	}
	t.Run("Nothing", func(t *testing.T) {
		if l := load(t, Files{}); l.Graph != nil {
			t.Fatal(l)
		}
	})
	t.Run("Tables", func(t *testing.T) {
		l := load(t, tables(t))
		if l.Graph.Len() != 2 || l.Graph.Edges() != 2 || !strings.HasPrefix(l.Told, "3 nodes and 3 links by seconds; 2 nodes") {
			t.Fatalf("%d nodes; %s", l.Graph.Len(), l.Told)
		}
	})
	t.Run("Saved", func(t *testing.T) {
		g := load(t, tables(t)).Graph
		path := filepath.Join(t.TempDir(), "city.road")
		for range 2 { // the second replaces the first
			if err := Save(g, path); err != nil {
				t.Fatal(err)
			}
		}
		again := load(t, Files{Road: path}).Graph
		from, to, takes := again.Edge(1)
		wantFrom, wantTo, wantTakes := g.Edge(1)
		if again.Len() != 2 || from != wantFrom || to != wantTo || takes != wantTakes {
			t.Fatalf("%d nodes; edge %d to %d, %v", again.Len(), from, to, takes)
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
			t.Fatalf("%v, %v", left, err)
		}
	})
	half := tables(t)
	half.Links = mustFile(t, "l.csv", "from,to\n")
	for name, f := range map[string]Files{
		"ErrTables": half,
		"ErrNoFile": {OSM: "nowhere.osm.pbf"},
		"ErrOSM":    {OSM: mustFile(t, "no.osm.pbf", "<osm/>")},
		"ErrRoad":   {Road: mustFile(t, "no.road", "cabroads")},
		"ErrEmpty":  {Road: mustFile(t, "empty.road", "")},
		"ErrFolder": {Road: t.TempDir()},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Load(t.Context())
			if err == nil {
				t.Fatal("loaded")
			}
			if file := f.Links + f.OSM + f.Road; !strings.Contains(err.Error(), file) {
				t.Fatalf("the error does not name %s: %v", file, err)
			}
		})
	}
}

func TestSave_ErrNoFolder(t *testing.T) {
	l, err := tables(t).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := Save(l.Graph, filepath.Join(t.TempDir(), "nowhere", "city.road")); err == nil {
		t.Fatal("saved")
	}
}
