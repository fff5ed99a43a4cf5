package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// TestMaps lets maps.mjs look at every kind of base map, and at every page on one
// of them. All tiles are the same: water with streets across, or a picture in one
// colour.
func TestMaps(t *testing.T) {
	bin := mustBuild(t)
	openMapTiles := seaTile("transportation", "class")
	server := mustTileServer(t, openMapTiles)
	for name, c := range map[string]struct{ want, pages, setting string }{
		"RasterTiles":   {"picture", "/", "--map-tiles=" + server.URL + "/{z}/{x}/{y}.png"},
		"VectorTiles":   {"sea", "/s/none", "--map-tiles=" + server.URL + "/{z}/{x}/{y}.pbf"},
		"RasterArchive": {"picture", "/ride", "--map-pmtiles=" + mustArchive(t, pngTiles, picture())},
		"VectorArchive": {"sea", "/ /drive", "--map-pmtiles=" + mustArchive(t, vectorTiles, seaTile("roads", "kind_detail"))},
		"Failing":       {"heals", "/", "--map-tiles=" + server.URL + "/failing/{z}/{x}/{y}.pbf"},
	} {
		t.Run(name, func(t *testing.T) {
			address := start(t, bin, "--demo", "--demo-fleet", "0", "--data", t.TempDir(), c.setting, "--map-credit", "© Ground "+name)
			mustBrowser(t)("maps.mjs", address, "WANT="+c.want, "PAGES="+c.pages, "CREDIT=© Ground "+name, "TILES="+server.URL)
		})
	}
}

// mustTileServer has the tile everywhere as .pbf, and a picture as .png. Below
// /failing it has nothing until somebody asks for /heal.
func mustTileServer(tb testing.TB, tile []byte) *httptest.Server {
	tb.Helper()
	var healed atomic.Bool
	flat := picture()
	tiles := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		content := map[string][]byte{".pbf": tile, ".png": flat}[path.Ext(r.URL.Path)]
		_, _ = w.Write(content)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", tiles)
	mux.HandleFunc("/failing/", func(w http.ResponseWriter, r *http.Request) {
		if !healed.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		tiles(w, r)
	})
	mux.HandleFunc("/heal", func(http.ResponseWriter, *http.Request) { healed.Store(true) })
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	return server
}

// picture is a tile in the one colour that maps.mjs looks for.
func picture() []byte {
	flat := image.NewRGBA(image.Rect(0, 0, 256, 256))
	draw.Draw(flat, flat.Bounds(), image.NewUniform(color.RGBA{200, 80, 120, 255}), image.Point{}, draw.Src)
	var out bytes.Buffer
	_ = png.Encode(&out, flat)
	return out.Bytes()
}

// The kinds of tiles that the header of a PMTiles file names.
const (
	vectorTiles = 1
	pngTiles    = 2
)

// mustArchive is a PMTiles file of version 3 that has the tile everywhere: one
// entry of its directory runs over all of zoom 0 to 14.
func mustArchive(tb testing.TB, kind byte, tile []byte) string {
	tb.Helper()
	const none, zipped, deepest, header = 1, 2, 14, 127
	packed := byte(none)
	if kind == vectorTiles {
		tile, packed = zip(tile), zipped
	}
	all := uint64(1) << (2 * (deepest + 1)) / 3
	directory := []byte{1, 0} // entries, the first tile's number
	for _, v := range []uint64{all, uint64(len(tile)), 1} {
		directory = binary.AppendUvarint(directory, v)
	}
	about := []byte(`{"attribution":"nobody, since the setting names somebody"}`)

	out := append([]byte("PMTiles"), 3)
	at := uint64(header)
	for _, part := range [][]byte{directory, about, nil, tile} {
		out = binary.LittleEndian.AppendUint64(out, at)
		out = binary.LittleEndian.AppendUint64(out, uint64(len(part)))
		at += uint64(len(part))
	}
	for _, count := range []uint64{all, 1, 1} {
		out = binary.LittleEndian.AppendUint64(out, count)
	}
	out = append(out, 1, none, packed, kind, 0, deepest)
	for _, degrees := range []int32{-180, -85, 180, 85} {
		out = binary.LittleEndian.AppendUint32(out, uint32(degrees*10_000_000))
	}
	out = append(out, make([]byte, header-len(out))...) // where to open it
	out = append(append(append(out, directory...), about...), tile...)
	file := filepath.Join(tb.TempDir(), "ground.pmtiles")
	if err := os.WriteFile(file, out, 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

func zip(content []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(content)
	_ = w.Close()
	return out.Bytes()
}

// seaTile is a vector tile: all of it water, and across it streets of the class
// "primary" in the layer, under the key that the layer's schema has for it.
func seaTile(streets, key string) []byte {
	const polygon, line = 3, 2
	all := []uint64{9, 0, 0, 26, zigzag(4096), 0, 0, zigzag(4096), zigzag(-4096), 0, 15}
	var across []uint64 // a quarter of the tile apart; each begins where the one before ended
	for range 4 {
		across = append(across, 9, zigzag(-4096*int64(min(len(across), 1))), zigzag(1000), 10, zigzag(4096), 0)
	}
	tile := field(nil, 3, mapLayer("water", "kind", "ocean", polygon, all))
	return field(tile, 3, mapLayer(streets, key, "primary", line, across))
}

func mapLayer(name, key, value string, kind uint64, geometry []uint64) []byte {
	feature := field(nil, 2, []byte{0, 0}) // the key and value below
	feature = number(feature, 3, kind)
	var commands []byte
	for _, c := range geometry {
		commands = binary.AppendUvarint(commands, c)
	}
	feature = field(feature, 4, commands)
	layer := number(nil, 15, 2) // the version of the format
	layer = field(layer, 1, []byte(name))
	layer = field(layer, 2, feature)
	layer = field(layer, 3, []byte(key))
	layer = field(layer, 4, field(nil, 1, []byte(value)))
	return number(layer, 5, 4096)
}

// field and number append one field of a protobuf message.
func field(to []byte, id uint64, content []byte) []byte {
	to = binary.AppendUvarint(binary.AppendUvarint(to, id<<3|2), uint64(len(content)))
	return append(to, content...)
}

func number(to []byte, id, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(to, id<<3), v)
}

func zigzag(v int64) uint64 { return uint64(v<<1 ^ v>>63) }
