package wire_test

import (
	"bytes"
	"testing"

	"github.com/cabstand/cabstand/internal/wire"
)

// What is decoded at all can be written, and read again, and is the same then.
func FuzzDecodeEvent(f *testing.F) {
	f.Add(wire.EncodeEvent(swapped(f)))
	for _, seed := range []string{"", "{}", `{"specversion":"1.0","subject":"t","data":{"version":1}}`, `{"specversion":"1.0","subject":"t","time":"9999-12-31T23:59:59-23:59","data":{"version":1,"closed_offer":{}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		event, err := wire.DecodeEvent(data)
		if err != nil {
			return
		}
		written := wire.EncodeEvent(event)
		again, err := wire.DecodeEvent(written)
		if err != nil || !bytes.Equal(wire.EncodeEvent(again), written) {
			t.Errorf("%s comes back as %+v, %v", written, again, err)
		}
	})
}
