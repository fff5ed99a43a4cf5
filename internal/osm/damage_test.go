package osm

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func importBytes(data []byte) error {
	_, _, err := Import(context.Background(), bytes.NewReader(data))
	return err
}

func TestImport_Err(t *testing.T) {
	whole := crossed("highway=primary").file()
	header := field(4, []byte("OsmSchema-V0.6"))
	bomb := append(number(2, maxBlob-1), field(3, make([]byte, 100))...)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"Empty":        {nil, "cut short"},
		"XML":          {[]byte("<?xml version='1.0'?><osm/>"), "no .osm.pbf file"},
		"NoHeader":     {blob("OSMData", zipped(nil)), "begins with a block"},
		"NoStreets":    {blob("OSMHeader", zipped(header)), "not one street"},
		"NoNodes":      {sketch{grid: []string{"x"}, ways: []string{"ab highway=primary"}}.file(), "nodes are in the file"},
		"History":      {blob("OSMHeader", raw(field(4, []byte("HistoricalInformation")))), "HistoricalInformation"},
		"Zstd":         {blob("OSMHeader", field(7, []byte("x"))), "packed by zstd"},
		"Bomb":         {blob("OSMHeader", bomb), "grows to"},
		"TooLarge":     {blob("OSMHeader", append(number(2, 1<<62), field(3, make([]byte, 100))...)), "accepted are less"},
		"WrongSize":    {blob("OSMHeader", append(number(2, 3), zipped(header)[len(number(2, uint64(len(header)))):]...)), "zlib"},
		"NegativeBlob": {slices.Concat([]byte{0, 0, 0, 24}, field(1, []byte("OSMHeader")), number(3, 1<<64-1), []byte{}), "a blob without a size"},
		"NoString":     {slices.Concat(blob("OSMHeader", raw(header)), blob("OSMData", raw(field(2, field(3, slices.Concat(field(2, []byte{9}), field(3, []byte{9}))))))), "string 9"},
		"NoValue":      {slices.Concat(blob("OSMHeader", raw(header)), blob("OSMData", raw(slices.Concat(field(1, field(1, nil)), field(2, field(3, field(2, []byte{0}))))))), "values of tags"},
		"LongWay":      {slices.Concat(blob("OSMHeader", raw(header)), blob("OSMData", raw(field(2, field(3, field(8, make([]byte, maxRefs+1))))))), "more than 65536 nodes"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "NegativeBlob" {
				h := c.file[4:]
				c.file[3] = byte(len(h))
			}
			if err := importBytes(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, not %q", err, c.want)
			}
		})
	}
	t.Run("CutShort", func(t *testing.T) {
		for n := range whole {
			if importBytes(whole[:n]) == nil {
				t.Fatalf("%d bytes of %d are a map", n, len(whole))
			}
		}
	})
	t.Run("OffTheEarth", func(t *testing.T) {
		b := block{granularity: 1 << 62}
		if p := b.point(1, 1); p.Valid() {
			t.Error(p)
		}
	})
	t.Run("Cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := Import(ctx, bytes.NewReader(whole)); err != context.Canceled {
			t.Error(err)
		}
	})
}

// A real extract that was not fetched whole is an error that names the file.
func TestImportFile_CutShort(t *testing.T) {
	whole, err := os.ReadFile(extract(t, "liechtenstein-latest.osm.pbf"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "half.osm.pbf")
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err = ImportFile(t.Context(), path)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "cut short") {
		t.Error(err)
	}
}

// Whatever the bytes are, the answer is a graph or an error. What is fuzzed is
// the content of a block: behind zlib nothing would get through.
func FuzzImport(f *testing.F) {
	for _, s := range []sketch{crossed("highway=primary"), {grid: []string{"ab"}, ways: []string{"ab highway=service"}, plain: true}} {
		f.Add(s.block())
	}
	header := blob("OSMHeader", raw(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		_ = importBytes(slices.Concat(header, blob("OSMData", raw(data))))
		_ = importBytes(slices.Concat(header, data))
		_ = importBytes(data)
	})
}
