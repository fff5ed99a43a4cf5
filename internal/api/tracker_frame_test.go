package api

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cabstand/cabstand/internal/wire"
)

// rawFrame is what a phone may send, right or wrong.
type rawFrame struct {
	first   byte // FIN, extensions, opcode
	masked  bool
	mask    [4]byte
	wide    int // bytes of the length beyond the least
	payload []byte
}

func (f rawFrame) append(b []byte) []byte {
	bit := byte(0)
	if f.masked {
		bit = maskedBit
	}
	b = append(b, f.first)
	switch n := len(f.payload); {
	case f.wide == 2 || n > 0xffff:
		b = binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
	case f.wide == 1 || n >= length16:
		b = binary.BigEndian.AppendUint16(append(b, bit|length16), uint16(n))
	default:
		b = append(b, bit|byte(n))
	}
	if !f.masked {
		return append(b, f.payload...)
	}
	b = append(b, f.mask[:]...)
	for i, c := range f.payload {
		b = append(b, c^f.mask[i&3])
	}
	return b
}

// aFrame is a position most of the time, and else anything: fragments with
// control frames between them, what is too long, not masked or not defined.
func aFrame() *rapid.Generator[rawFrame] {
	size := rapid.OneOf(rapid.IntRange(0, 140), rapid.SampledFrom([]int{125, 126, 127, 4000, wire.MaxFrameBytes, wire.MaxFrameBytes + 1, 0x10000}))
	return rapid.Custom(func(t *rapid.T) rawFrame {
		f := rawFrame{masked: true, first: wholeText}
		copy(f.mask[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "mask"))
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			f.first = rapid.SampledFrom([]byte{wholeBinary, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a}).Draw(t, "first")
		case 1:
			f.first = rapid.Byte().Draw(t, "first")
		case 2:
			f.masked = rapid.IntRange(0, 3).Draw(t, "masked") > 0
			f.wide = rapid.IntRange(0, 2).Draw(t, "wide")
		case 3:
			f.first = 0x88
		}
		f.payload = bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, size.Draw(t, "size"))
		if f.first == 0x88 && rapid.Bool().Draw(t, "farewell") {
			f.payload = []byte("\x03\xe8bye")
		}
		return f
	})
}

// outcome is what a socket made of a stream.
type outcome struct {
	messages []string
	answers  []byte
}

// play sends the stream in pieces, and the end.
func play(phone net.Conn, socket *trackerSocket, stream []byte, cuts []int) (o outcome) {
	answered := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(phone) // a reset comes behind the answers
		_, b, _ = bytes.Cut(b, []byte("\r\n\r\n"))
		answered <- b
	}()
	received := make(chan struct{})
	go func() {
		defer close(received)
		socket.Receive(func(data []byte, binary bool, err error) bool {
			kind := "text "
			if binary {
				kind = "binary "
			}
			if err != nil {
				kind += "refused "
			}
			o.messages = append(o.messages, kind+string(data))
			return string(data) != "enough"
		})
	}()
	for from := 0; from < len(stream); {
		to := len(stream)
		if len(cuts) > 0 {
			to, cuts = min(to, from+cuts[0]), cuts[1:]
		}
		if _, err := phone.Write(stream[from:to]); err != nil {
			break // the server has heard enough
		}
		from = to
	}
	_ = phone.(*net.TCPConn).CloseWrite()
	<-received
	_ = socket.conn.CloseNow()
	o.answers = <-answered
	_ = phone.Close()
	return o
}

// With the poller a socket does what the library does alone: the same messages,
// the same pongs, the same farewells.
func TestTrackerSocket_AsTheLibrary(t *testing.T) {
	alone, polled := newRawServer(t, nil), newRawServer(t, newTestPoller(t))
	rapid.Check(t, func(r *rapid.T) {
		var stream []byte
		for _, f := range rapid.SliceOfN(aFrame(), 1, 12).Draw(r, "frames") {
			stream = f.append(stream)
		}
		stream = stream[:len(stream)-rapid.SampledFrom([]int{0, 0, 0, min(3, len(stream))}).Draw(r, "missing")]
		cuts := rapid.SliceOfN(rapid.IntRange(1, 300), 0, 10).Draw(r, "cuts")
		phone, socket := alone("")
		library := play(phone, socket, stream, cuts)
		phone, socket = polled("")
		ours := play(phone, socket, stream, cuts)
		if !slices.Equal(library.messages, ours.messages) {
			r.Errorf("messages: the library %.200q, with the poller %.200q", library.messages, ours.messages)
		}
		if !bytes.Equal(library.answers, ours.answers) {
			r.Errorf("answers: the library %.200q, with the poller %.200q", library.answers, ours.answers)
		}
	})
}

// What comes right behind the handshake, before the library has the socket, is
// not lost.
func TestTrackerSocket_ReceivesEarly(t *testing.T) {
	_, socket := newRawServer(t, newTestPoller(t))(string(masked("early")))
	socket.Receive(func(data []byte, _ bool, err error) bool {
		if string(data) != "early" || err != nil {
			t.Errorf("got %q, %v", data, err)
		}
		return false
	})
}

func FuzzPlainFrame(f *testing.F) {
	f.Add(masked("hello"))
	f.Add(rawFrame{first: wholeBinary, masked: true, mask: [4]byte{1, 2, 3, 4}, payload: make([]byte, 1000)}.append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		original := bytes.Clone(data)
		got, ok := plainFrame(data)
		if !ok {
			return
		}
		got.unmask()
		again := rawFrame{first: original[0], masked: true, mask: got.mask, payload: got.payload}.append(nil)
		if !bytes.Equal(again, original[:got.size]) {
			t.Errorf("%x is understood as %x", original, again)
		}
	})
}
