package osm

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// What the format allows: a header of a blob is below 64 KiB, a blob below
// 32 MiB, packed or not.
const (
	maxHeader = 64 << 10
	maxBlob   = 32 << 20
)

// A blob that grows more than this is no map but a bomb: real ones grow to two
// or three times their size.
const (
	maxGrowth   = 64
	smallGrowth = 64 << 10 // bytes of which growth does not matter
)

// file reads the blobs of a PBF file, one after the other.
type file struct {
	r    *bufio.Reader
	at   int64 // bytes read
	blob []byte
	data []byte
	zip  io.ReadCloser
}

func newFile(r io.Reader) *file { return &file{r: bufio.NewReaderSize(r, 1<<20)} }

// blocks calls use with each block of data, whose memory is used again.
func (f *file) blocks(ctx context.Context, use func(*block) error) error {
	var b block
	for first := true; ; first = false {
		if err := ctx.Err(); err != nil {
			return err
		}
		began := f.at
		kind, data, err := f.next()
		if err == io.EOF && !first {
			return nil
		}
		if err == nil {
			err = f.take(first, kind, data, &b, use)
		}
		if err != nil {
			return fmt.Errorf("block at byte %d: %w", began, noEOF(err))
		}
	}
}

func (f *file) take(first bool, kind string, data []byte, b *block, use func(*block) error) error {
	switch {
	case first && kind != "OSMHeader":
		return fmt.Errorf("the file begins with a block of type %.20q, not OSMHeader", kind)
	case kind == "OSMHeader":
		return checkFeatures(data)
	case kind != "OSMData":
		return nil // the format has readers skip what they do not know
	}
	if err := b.read(data); err != nil {
		return err
	}
	return use(b)
}

// noEOF is the error of a file that ends in the middle of something.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file is cut short")
	}
	return err
}

// next is the next blob, unpacked; io.EOF at the end of the file.
func (f *file) next() (kind string, data []byte, err error) {
	var length [4]byte
	if err := f.full(length[:]); err != nil {
		return "", nil, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size == 0 || size >= maxHeader {
		return "", nil, fmt.Errorf("a blob's header of %d bytes: this is no .osm.pbf file, or it is damaged", size)
	}
	header, err := f.bytes(int(size))
	if err != nil {
		return "", nil, middle(err)
	}
	kind, length64, err := readBlobHeader(header)
	if err != nil {
		return "", nil, err
	}
	packed, err := f.bytes(length64)
	if err != nil {
		return "", nil, middle(err)
	}
	data, err = f.unpack(packed)
	return kind, data, err
}

// middle makes an end of file one that was not expected.
func middle(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (f *file) full(b []byte) error {
	n, err := io.ReadFull(f.r, b)
	f.at += int64(n)
	return err
}

// bytes are the next n, in memory that is used again.
func (f *file) bytes(n int) ([]byte, error) {
	if cap(f.blob) < n {
		f.blob = make([]byte, n)
	}
	f.blob = f.blob[:n]
	return f.blob, f.full(f.blob)
}

func readBlobHeader(b []byte) (kind string, size int, err error) {
	size = -1
	err = fields(b, func(n protowire.Number, v value) error {
		switch n {
		case 1:
			kind = string(v.bytes)
		case 3:
			size = int(min(v.varint, maxBlob))
		}
		return nil
	})
	if err == nil && (size < 0 || size >= maxBlob) {
		err = fmt.Errorf("a blob without a size below %d bytes", maxBlob)
	}
	return kind, size, err
}

// unpack is the data of a blob.
func (f *file) unpack(blob []byte) ([]byte, error) {
	var raw, packed []byte
	size, other := uint64(0), ""
	err := fields(blob, func(n protowire.Number, v value) error {
		switch n {
		case 1:
			raw = v.bytes
		case 2:
			size = v.varint
		case 3:
			packed = v.bytes
		case 4, 5, 6, 7:
			other = map[protowire.Number]string{4: "lzma", 5: "bzip2", 6: "lz4", 7: "zstd"}[n]
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case other != "":
		return nil, fmt.Errorf("packed by %s: accepted is zlib, or nothing", other)
	case packed == nil:
		return raw, nil
	case size >= maxBlob:
		return nil, fmt.Errorf("a blob of %d bytes: accepted are less than %d", size, maxBlob)
	case size > smallGrowth+maxGrowth*uint64(len(packed)):
		return nil, fmt.Errorf("a blob of %d bytes grows to %d: accepted is %d-fold", len(packed), size, maxGrowth)
	}
	return f.inflate(packed, int(size))
}

func (f *file) inflate(packed []byte, size int) ([]byte, error) {
	var err error
	if f.zip == nil {
		f.zip, err = zlib.NewReader(bytes.NewReader(packed))
	} else {
		err = f.zip.(zlib.Resetter).Reset(bytes.NewReader(packed), nil)
	}
	if err != nil {
		return nil, fmt.Errorf("zlib: %w", err)
	}
	if cap(f.data) < size {
		f.data = make([]byte, size)
	}
	f.data = f.data[:size]
	if _, err := io.ReadFull(f.zip, f.data); err != nil {
		return nil, fmt.Errorf("zlib: %w", middle(err))
	}
	// The end of the stream is read, too, for its checksum.
	if n, err := f.zip.Read(make([]byte, 1)); n > 0 || err != io.EOF {
		return nil, fmt.Errorf("zlib: a blob of %d bytes does not end there: %v", size, err)
	}
	return f.data, nil
}

// checkFeatures refuses files that need more than is read here.
func checkFeatures(header []byte) error {
	return fields(header, func(n protowire.Number, v value) error {
		feature := string(v.bytes)
		if n == 4 && feature != "OsmSchema-V0.6" && feature != "DenseNodes" {
			return fmt.Errorf("the file needs %.40q: accepted are OsmSchema-V0.6 and DenseNodes", feature)
		}
		return nil
	})
}
