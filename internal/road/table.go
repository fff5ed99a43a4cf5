package road

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cabstand/cabstand/geo"
)

// Table reads a CSV file whose first line names its columns, in any order. Each
// further line is a row, so that a stray quote spoils no other row than its own. A
// row that cannot be used is counted and the first few are named; the others
// are read on. Roads are imported from tables; so are recorded trips and drivers.
type Table struct {
	name   string
	header []string
	lines  *lines
	rows   *csv.Reader
	bad    Bad
	err    error
}

// Bad are the rows of a table that could not be used.
type Bad struct {
	Rows  int
	First []string // the first maxNamed, as "file line 7: why"
}

const maxNamed = 10

func (b Bad) String() string {
	if b.Rows == 0 {
		return "no bad rows"
	}
	s := fmt.Sprintf("%d bad rows: %s", b.Rows, strings.Join(b.First, "; "))
	if b.Rows > len(b.First) {
		s += "; …"
	}
	return s
}

// Record is a line of a table. It is valid until the next one is read.
type Record struct {
	fields []string
	line   int
}

// OpenTable reads the header, of a file that is gzipped or not: its first bytes
// tell. The name is for messages.
func OpenTable(name string, r io.Reader) (*Table, error) {
	plain, err := unzipped(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t := &Table{name: name, lines: &lines{from: plain}}
	t.rows = csv.NewReader(t.lines)
	t.rows.ReuseRecord = true
	header, err := t.read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: the file is empty: the first line names the columns", name)
	case err != nil:
		return nil, fmt.Errorf("%s: the line that names the columns: %w", name, err)
	}
	t.header = slices.Clone(header)
	for i := range t.header {
		t.header[i] = strings.TrimSpace(strings.TrimPrefix(t.header[i], "\ufeff"))
	}
	return t, nil
}

// unzipped reads through gzip where it is.
func unzipped(r io.Reader) (*bufio.Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	magic, err := buffered.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		zipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, cutShort(err)
		}
		return bufio.NewReaderSize(zipped, 1<<16), nil
	}
	return buffered, nil
}

// cutShort says what an unexpected end is.
func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the gzip file is cut short: %w", err)
	}
	return err
}

// Header is the names of the columns.
func (t *Table) Header() []string { return t.header }

// Column is the number of the column that has the first of the names that
// there is. It is an error if two columns have it.
func (t *Table) Column(names ...string) (int, error) {
	for _, name := range names {
		i := slices.Index(t.header, name)
		switch {
		case i < 0:
			continue
		case slices.Contains(t.header[i+1:], name):
			return -1, fmt.Errorf("%s: column %s comes twice", t.name, name)
		}
		return i, nil
	}
	return -1, fmt.Errorf("%s: no column %s: it has %.200q", t.name, strings.Join(names, " or "), strings.Join(t.header, ", "))
}

// Columns is Column for several names.
func (t *Table) Columns(names ...string) ([]int, error) {
	columns := make([]int, len(names))
	for i, name := range names {
		var err error
		if columns[i], err = t.Column(name); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// Rows are the rows that have as many fields as the header. After the last, Err
// tells whether the reader failed.
func (t *Table) Rows() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for {
			fields, err := t.read()
			var bad *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				return
			case errors.As(err, &bad):
				t.reject(t.lines.number, bad.Err)
				continue
			case err != nil:
				t.err = fmt.Errorf("%s: %w", t.name, err)
				return
			}
			if !yield(Record{fields, t.lines.number}) {
				return
			}
		}
	}
}

// read is the fields of the next line that is not blank; io.EOF after the last.
func (t *Table) read() ([]string, error) {
	if err := t.lines.next(); err != nil {
		return nil, cutShort(err)
	}
	return t.rows.Read()
}

// Reject counts a row as bad.
func (t *Table) Reject(r Record, why error) { t.reject(r.line, why) }

func (t *Table) reject(line int, why error) {
	t.bad.Rows++
	if len(t.bad.First) < maxNamed {
		t.bad.First = append(t.bad.First, fmt.Sprintf("%s line %d: %v", t.name, line, why))
	}
}

// Bad is what was rejected so far.
func (t *Table) Bad() Bad { return t.bad }

// Err is why reading ended early, nil if it did not.
func (t *Table) Err() error { return t.err }

// Text is a field.
func (r Record) Text(column int) string { return r.fields[column] }

// Point reads a latitude and a longitude. (0, 0) is no place.
func (r Record) Point(lat, lon int) (geo.Point, error) {
	var p geo.Point
	var err error
	if p.Lat, err = strconv.ParseFloat(r.fields[lat], 64); err != nil {
		return p, fmt.Errorf("latitude %q is not a number", r.fields[lat])
	}
	if p.Lon, err = strconv.ParseFloat(r.fields[lon], 64); err != nil {
		return p, fmt.Errorf("longitude %q is not a number", r.fields[lon])
	}
	if !p.Valid() || p.IsZero() {
		return p, fmt.Errorf("%v is no place on the earth's roads", p)
	}
	return p, nil
}

// Seconds reads a time span of 0 to 24 h in seconds.
func (r Record) Seconds(column int) (time.Duration, error) {
	s, err := strconv.ParseFloat(r.fields[column], 64)
	if err != nil || !(s >= 0 && s <= 86400) {
		return 0, fmt.Errorf("%q is not a number of seconds from 0 to 86400", r.fields[column])
	}
	return time.Duration(s * float64(time.Second)), nil
}

// Time reads an instant of the years 0 to 9999: RFC 3339, or unix seconds.
func (r Record) Time(column int) (at time.Time, err error) {
	text := r.fields[column]
	if s, bad := strconv.ParseInt(text, 10, 64); bad == nil {
		at = time.Unix(s, 0)
	} else if at, err = time.Parse(time.RFC3339, text); err != nil {
		return at, fmt.Errorf("%q is neither RFC 3339 nor unix seconds", text)
	}
	at = at.UTC()
	if year := at.Year(); year < 0 || year > 9999 {
		return at, fmt.Errorf("%q is not within the years 0 to 9999", text)
	}
	return at, nil
}
