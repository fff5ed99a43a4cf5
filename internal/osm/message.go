package osm

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// value is one field of a message: a number, or bytes.
type value struct {
	varint uint64
	bytes  []byte
}

var errMessage = errors.New("a message that cannot be read: the file is damaged")

// fields calls use with each field of a message in its order.
func fields(b []byte, use func(protowire.Number, value) error) error {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errMessage
		}
		b = b[n:]
		var v value
		switch kind {
		case protowire.VarintType:
			v.varint, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(number, kind, b)
		}
		if n < 0 {
			return errMessage
		}
		b = b[n:]
		if err := use(number, v); err != nil {
			return err
		}
	}
	return nil
}

// packed is a list of varints.
type packed []byte

// next takes the first number off; ok is false at the end, where err tells
// whether it was one.
func (p *packed) next() (v uint64, ok bool, err error) {
	if len(*p) == 0 {
		return 0, false, nil
	}
	v, n := protowire.ConsumeVarint(*p)
	if n < 0 {
		return 0, false, errMessage
	}
	*p = (*p)[n:]
	return v, true, nil
}

// must takes off a number that has to be there.
func (p *packed) must(what string) (uint64, error) {
	v, ok, err := p.next()
	if err == nil && !ok {
		err = fmt.Errorf("%s: fewer than there are elements", what)
	}
	return v, err
}

// delta adds the next number, which is signed, to v.
func (p *packed) delta(what string, v *int64) error {
	d, err := p.must(what)
	*v += protowire.DecodeZigZag(d)
	return err
}
