package node

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/cabstand/cabstand/internal/road"
)

// The map names whom its licence wants named: the console shows the member.
func TestDrawn_Attribution(t *testing.T) {
	for _, credit := range []string{"© OpenStreetMap contributors", ""} {
		b := road.Builder{Credit: credit}
		drawing, err := drawn(b.Graph().Connected())
		if err != nil {
			t.Fatal(err)
		}
		var collection struct{ Attribution string }
		if err := json.Unmarshal(drawing, &collection); err != nil || collection.Attribution != credit {
			t.Errorf("%q, %v; it is %q", collection.Attribution, err, credit)
		}
		if credit == "" && bytes.Contains(drawing, []byte("attribution")) {
			t.Errorf("%s", drawing)
		}
	}
}
