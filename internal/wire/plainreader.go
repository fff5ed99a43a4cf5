package wire

import "strconv"

// plainReader reads JSON that is written plainly: strings of ASCII without
// escapes, numbers without exponents. Its methods report false for anything
// else, also for what is no JSON; where they stand then does not matter.
type plainReader struct {
	data []byte
	at   int
}

// space skips white space.
func (r *plainReader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// accept takes the byte if it is the next one.
func (r *plainReader) accept(c byte) bool {
	if r.at < len(r.data) && r.data[r.at] == c {
		r.at++
		return true
	}
	return false
}

// token takes the byte if it is the next one, white space around it included.
func (r *plainReader) token(c byte) bool {
	r.space()
	if !r.accept(c) {
		return false
	}
	r.space()
	return true
}

// end reports whether nothing is left.
func (r *plainReader) end() bool { return r.at == len(r.data) }

// text takes a string.
func (r *plainReader) text() ([]byte, bool) {
	if !r.accept('"') {
		return nil, false
	}
	for from := r.at; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			return r.data[from : r.at-1], true
		case c == '\\' || c < ' ' || c > '~':
			return nil, false
		}
	}
	return nil, false
}

// null takes a null if it is next.
func (r *plainReader) null() bool {
	if rest := r.data[r.at:]; len(rest) >= 4 && string(rest[:4]) == "null" {
		r.at += 4
		return true
	}
	return false
}

// Bounds of numbers. A quotient of two whole numbers that a float64 holds
// exactly is the float64 nearest to the decimal: what strconv.ParseFloat finds.
const (
	exactWhole  = 1 << 53
	exactDigits = 19 // always fit into a uint64
	mostDigits  = 30 // longer numbers are not plain
)

// powers of ten that a float64 holds exactly, enough for exactDigits.
var powers = [exactDigits + 1]float64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// number takes a number.
func (r *plainReader) number() (v float64, ok bool) {
	from := r.at
	negative := r.accept('-')
	whole, n := r.digits(0)
	if n == 0 || n > 1 && r.data[r.at-n] == '0' {
		return 0, false
	}
	decimals := 0
	if r.accept('.') {
		if whole, decimals = r.digits(whole); decimals == 0 {
			return 0, false
		}
	}
	switch digits := n + decimals; {
	case digits <= exactDigits && whole <= exactWhole:
		v = float64(whole) / powers[decimals]
	case digits <= mostDigits:
		// So short a string stays on the stack.
		v, err := strconv.ParseFloat(string(r.data[from:r.at]), 64)
		return v, err == nil
	default:
		return 0, false
	}
	if negative {
		v = -v
	}
	return v, true
}

// digits takes decimal digits, appends them to those of v and counts them. The
// value is not to be trusted beyond exactDigits in all.
func (r *plainReader) digits(v uint64) (uint64, int) {
	from := r.at
	for r.at < len(r.data) {
		d := r.data[r.at] - '0'
		if d > 9 {
			break
		}
		v = v*10 + uint64(d)
		r.at++
	}
	return v, r.at - from
}
