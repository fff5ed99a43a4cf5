package main

import (
	"encoding/binary"
	"strconv"
	"time"
)

// Opcodes of WebSocket frames (RFC 6455).
const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// mask is what this client masks all its frames with. Masks keep the caches of
// others from being poisoned, which is no matter here.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// appendFrame appends a client's frame with the payload, masked.
func appendFrame(dst []byte, opcode byte, payload []byte) []byte {
	dst = append(dst, 0x80|opcode)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	dst = append(dst, mask[:]...)
	from := len(dst)
	dst = append(dst, payload...)
	for i := range payload {
		dst[from+i] ^= mask[i&3]
	}
	return dst
}

// fix is a position as a phone tells of it.
type fix struct {
	at      place
	seq     uint64
	t       time.Time
	speed   float64
	heading int // of headings
}

// appendPosition appends the frame's JSON of one position.
func appendPosition(dst []byte, f fix) []byte {
	p := f.at.point()
	dst = append(dst, `{"type":"position","seq":`...)
	dst = strconv.AppendUint(dst, f.seq, 10)
	dst = append(dst, `,"lat":`...)
	dst = strconv.AppendFloat(dst, p.Lat, 'f', 6, 64)
	dst = append(dst, `,"lon":`...)
	dst = strconv.AppendFloat(dst, p.Lon, 'f', 6, 64)
	dst = append(dst, `,"t":`...)
	dst = strconv.AppendInt(dst, f.t.UnixMilli(), 10)
	dst = append(dst, `,"speed":`...)
	dst = strconv.AppendFloat(dst, f.speed, 'f', 1, 64)
	dst = append(dst, `,"heading":`...)
	dst = strconv.AppendInt(dst, int64(headings[f.heading].degrees), 10)
	return append(dst, `,"accuracy":6}`...)
}

// appendPositions appends the JSON of a frame with all the positions: of a
// single one as such, else as a batch.
func appendPositions(dst []byte, fixes []fix) []byte {
	if len(fixes) == 1 {
		return appendPosition(dst, fixes[0])
	}
	dst = append(dst, `{"type":"positions","positions":[`...)
	for i, f := range fixes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPosition(dst, f)
	}
	return append(dst, `]}`...)
}

// nextFrame cuts one frame of the server, which is never masked nor longer than
// 64 KiB here, off data. ok is false while it is not all there.
func nextFrame(data []byte) (opcode byte, payload, rest []byte, ok bool) {
	if len(data) < 2 {
		return 0, nil, data, false
	}
	size, from := int(data[1]&0x7f), 2
	if size == 126 {
		if len(data) < 4 {
			return 0, nil, data, false
		}
		size, from = int(binary.BigEndian.Uint16(data[2:])), 4
	}
	if len(data) < from+size {
		return 0, nil, data, false
	}
	return data[0] & 0x0f, data[from : from+size], data[from+size:], true
}
