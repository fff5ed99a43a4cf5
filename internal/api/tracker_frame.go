package api

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/http"

	"github.com/cabstand/cabstand/internal/poller"
	"github.com/cabstand/cabstand/internal/wire"
)

// frame is a message of a WebSocket that came in one piece.
type frame struct {
	binary  bool
	mask    [4]byte
	payload []byte
	size    int // with the header
}

// The first bytes of a frame that is a message (RFC 6455, section 5.2).
const (
	wholeText   = 0x81 // FIN, no extension, text
	wholeBinary = 0x82
	maskedBit   = 0x80
	length16    = 126 // the length is in the next two bytes
)

// plainFrame is the frame that data begins with, if it is one of those that
// phones send all the time: a whole message, masked, of an acceptable length, and
// all of it there. Everything else of the protocol, right or wrong, is the
// library's: control frames, messages in fragments, and what is not allowed.
func plainFrame(data []byte) (f frame, ok bool) {
	if len(data) < 6 || data[0] != wholeText && data[0] != wholeBinary || data[1]&maskedBit == 0 {
		return frame{}, false
	}
	head, n := 2, int(data[1]&^maskedBit)
	if n >= length16 {
		head = 4
		if n > length16 {
			return frame{}, false
		}
		if n = int(binary.BigEndian.Uint16(data[2:])); n < length16 || n > wire.MaxFrameBytes {
			return frame{}, false
		}
	}
	if len(data) < head+4+n {
		return frame{}, false
	}
	f = frame{binary: data[0] == wholeBinary, mask: [4]byte(data[head:]), size: head + 4 + n}
	f.payload = data[head+4 : f.size : f.size]
	return f, true
}

// unmask makes the payload what the phone meant, in place.
func (f *frame) unmask() {
	b := f.payload
	word := uint64(binary.LittleEndian.Uint32(f.mask[:]))
	word |= word << 32
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= f.mask[i&3]
	}
}

// takeover is a response whose connection goes to a poller when the library takes
// it, if it can. The buffers between the two are small: what is long passes them
// by.
type takeover struct {
	http.ResponseWriter
	poller   *poller.Poller // or nil
	conn     *poller.Conn   // nil if it could not
	buffered *bufio.Reader  // of conn: the library reads from it
}

const (
	readRoom  = 256
	writeRoom = 1024
)

// Hijack implements http.Hijacker.
func (t *takeover) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil || t.poller == nil {
		return conn, rw, err
	}
	read, err := rw.Reader.Peek(rw.Reader.Buffered())
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	taken, err := t.poller.Adopt(conn, bytes.Clone(read))
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return conn, rw, nil
	case err != nil:
		return nil, nil, errors.Join(err, conn.Close())
	}
	t.conn, t.buffered = taken, bufio.NewReaderSize(taken, readRoom)
	return taken, bufio.NewReadWriter(t.buffered, bufio.NewWriterSize(taken, writeRoom)), nil
}
