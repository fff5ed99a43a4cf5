package console

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// TilesPath is where the PMTiles file of the base map is, if there is one.
const TilesPath = "/map/tiles.pmtiles"

// Tiles is a PMTiles file that browsers read in ranges. Close it in the end.
type Tiles struct {
	file    *os.File
	size    int64
	changed time.Time
}

// pmtilesHead begins a file of the version that browsers read: 3.
var pmtilesHead = []byte("PMTiles\x03")

// OpenTiles opens a PMTiles file. A file that takes its place later on is not
// looked at.
func OpenTiles(path string) (*Tiles, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, len(pmtilesHead))
	_, err = io.ReadFull(file, head)
	if err != nil || !bytes.Equal(head, pmtilesHead) {
		_ = file.Close()
		return nil, fmt.Errorf("%s is no PMTiles file of version 3", path)
	}
	about, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &Tiles{file, about.Size(), about.ModTime()}, nil
}

// Close closes the file.
func (t *Tiles) Close() error { return t.file.Close() }

// ServeHTTP serves the ranges that are asked for. They may be kept for a while:
// the ETag tells the next file from this one.
func (t *Tiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "application/vnd.pmtiles")
	h.Set("Cache-Control", "max-age=3600")
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, t.changed.UnixNano(), t.size))
	http.ServeContent(w, r, "", t.changed, io.NewSectionReader(t.file, 0, t.size))
}
