package road

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lines hands out one line at a time: after it a reader meets the end, and reads
// on after next. So what reads a row cannot run into the rows behind it.
type lines struct {
	from   *bufio.Reader
	line   []byte
	left   []byte // of line, not read yet
	number int    // of line, the first is 1
}

// next goes to the next line that is not blank. It returns io.EOF where there is
// none.
func (l *lines) next() error {
	for {
		if err := l.take(); err != nil {
			return err
		}
		if len(bytes.TrimRight(l.line, "\r\n")) > 0 {
			l.left = l.line
			return nil
		}
	}
}

// take takes a line, of any length.
func (l *lines) take() error {
	l.line, l.left = l.line[:0], nil
	for {
		part, err := l.from.ReadSlice('\n')
		l.line = append(l.line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil, errors.Is(err, io.EOF) && len(l.line) > 0: // the last may lack its end
			l.number++
			return nil
		}
		return err
	}
}

func (l *lines) Read(p []byte) (int, error) {
	if len(l.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}
