package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// asset is a file that the server has in memory. Browsers keep it and ask with
// its ETag whether it is still the one: files have no version in their names, so
// that the modules can import each other without a build step.
type asset struct {
	content   []byte
	mediaType string
	etag      string
	zipped    func() []byte // made at the first request; nil when it would gain nothing
}

var mediaTypes = map[string]string{
	".html":        "text/html; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".geojson":     "application/geo+json",
	".webmanifest": "application/manifest+json",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".txt":         "text/plain; charset=utf-8",
}

const worthZipping = 1 << 10 // bytes; smaller ones fit into a packet or two anyway

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	a := &asset{content: content, mediaType: mediaTypes[path.Ext(name)], etag: hex.EncodeToString(sum[:8])}
	if len(content) >= worthZipping {
		a.zipped = sync.OnceValue(func() []byte { return zip(content) })
	}
	return a
}

func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.mediaType)
	h.Set("Cache-Control", "no-cache")
	content, etag := a.content, a.etag
	if a.zipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			content, etag = a.zipped(), a.etag+"-gz"
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reports whether the client takes gzip. A weight of zero refuses.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q := strings.TrimRight(strings.ReplaceAll(weight, " ", ""), "0")
			return q != "q=" && q != "q=0." && q != "q=."
		}
	}
	return false
}

// zip cannot fail: it writes to memory.
func zip(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}
