package wire

import "encoding/hex"

// uuidLength is how many characters a UUID has.
const uuidLength = 36

// uuidDash reports whether a UUID has a dash at i.
func uuidDash(i int) bool { return i == 8 || i == 13 || i == 18 || i == 23 }

// packUUID is a UUID as 16 bytes. ok is false for what is none, and for one that
// appendUUID would write in other letters.
func packUUID(s string) (id [16]byte, ok bool) {
	if len(s) != uuidLength {
		return id, false
	}
	n := 0
	for i := range uuidLength {
		if uuidDash(i) {
			if s[i] != '-' {
				return id, false
			}
			continue
		}
		digit, ok := hexDigit(s[i])
		if !ok {
			return id, false
		}
		id[n/2] = id[n/2]<<4 | digit
		n++
	}
	return id, true
}

func hexDigit(c byte) (digit byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

// appendUUID appends the text of what packUUID made.
func appendUUID(b, id []byte) []byte {
	for len(id) > 0 {
		n := 2 // bytes between dashes: 4, 2, 2, 2, 6
		switch len(id) {
		case 16:
			n = 4
		case 6:
			n = 6
		}
		b = hex.AppendEncode(b, id[:n])
		if id = id[n:]; len(id) > 0 {
			b = append(b, '-')
		}
	}
	return b
}
