package sim

import (
	"slices"

	"github.com/cabstand/cabstand/internal/wire"
)

// unheard is the positions that were sent and not acknowledged: a phone sends
// them again in its next session. It keeps the newest.
type unheard struct {
	kept []positionFrame // by count
}

// mostUnheard fits into what a tracker takes at once.
const mostUnheard = 150

// keep notes a position that was sent, or is about to be.
func (u *unheard) keep(f positionFrame) {
	if len(u.kept) == mostUnheard {
		u.kept = slices.Delete(u.kept, 0, 1)
	}
	u.kept = append(u.kept, f)
}

// acknowledged lets go of everything up to the count. One that was not reached
// yet is of an earlier life of the app.
func (u *unheard) acknowledged(seq uint64) {
	if n := len(u.kept); n == 0 || seq > u.kept[n-1].Seq {
		return
	}
	u.kept = slices.DeleteFunc(u.kept, func(f positionFrame) bool { return f.Seq <= seq })
}

// rejected lets go of one that was not believed.
func (u *unheard) rejected(seq uint64) {
	u.kept = slices.DeleteFunc(u.kept, func(f positionFrame) bool { return f.Seq == seq })
}

// batches is what is to be sent again, oldest first.
func (u *unheard) batches() (frames []any) {
	for some := range slices.Chunk(u.kept, wire.MaxPositions) {
		frames = append(frames, batchFrame{wire.FramePositions, slices.Clone(some)})
	}
	return frames
}

// batchFrame is many positions.
type batchFrame struct {
	Type      string          `json:"type"`
	Positions []positionFrame `json:"positions"`
}
