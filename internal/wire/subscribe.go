package wire

import (
	"github.com/cabstand/cabstand/internal/fault"
)

// DecodeSubscribeFrame reads the one frame that operators send; the errors are
// those of DecodeDriverFrame. What the cells or the box must be is the hub's to
// check.
func DecodeSubscribeFrame(data []byte) (SubscribeFrame, error) {
	all, err := decodeObject(data)
	if err != nil {
		return SubscribeFrame{}, err
	}
	r := &fieldReader{fields: all}
	f := SubscribeFrame{Type: r.text("type")}
	if r.err == nil && f.Type != FrameSubscribe {
		return SubscribeFrame{}, fault.Field("type", "%s is not a frame that operators send: %q is", shown(all["type"]), FrameSubscribe)
	}
	if raw := r.take("cells"); raw != nil {
		r.into("cells", raw, &f.Cells, "a list of geohashes")
	}
	if raw := r.take("bbox"); raw != nil {
		r.into("bbox", raw, &f.BBox, "a list of four numbers")
	}
	if raw := r.take("detail"); raw != nil {
		r.into("detail", raw, &f.Detail, "drivers or cells")
		if f.Detail != DetailDrivers && f.Detail != DetailCells {
			r.fail("detail", "%s is not accepted: %s or %s", shown(raw), DetailDrivers, DetailCells)
		}
	}
	if err := r.finish(); err != nil {
		return SubscribeFrame{}, err
	}
	return f, nil
}
