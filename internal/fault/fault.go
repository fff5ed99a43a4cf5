// Package fault is the closed vocabulary of errors: what can go wrong on the
// way of a request, a frame or a command, by a stable code that clients may
// rely on. The edges (api, track) map each code once, to an HTTP status or to a
// close code; everything in between passes the error on unchanged.
package fault

import (
	"errors"
	"fmt"
	"reflect"
)

// Code names a kind of error. Codes are public and never change their meaning.
type Code string

// The codes.
const (
	Malformed       Code = "malformed"              // not JSON, not a frame
	Invalid         Code = "invalid"                // a field has a value that is not accepted
	TooLarge        Code = "too_large"              // body or frame over the limit
	Unauthenticated Code = "unauthenticated"        // no token, or one that is not valid
	Forbidden       Code = "forbidden"              // the role may not do this
	NotFound        Code = "not_found"              // no such thing, or not visible to the caller
	WrongState      Code = "wrong_state"            // the trip is in a state that does not allow it
	OfferClosed     Code = "offer_closed"           // the offer was answered, withdrawn or ran out before
	DriverClaimed   Code = "driver_claimed"         // the driver holds another claim
	DriverUnfit     Code = "driver_unfit"           // the driver cannot be given the trip; the detail begins with the reason
	DriverExcluded  Code = "driver_excluded"        // the driver declined or cancelled the trip
	WrongPIN        Code = "wrong_pin"              // not the rider's, or none
	KeyReused       Code = "idempotency_key_reused" // same Idempotency-Key, another body
	QuoteExpired    Code = "quote_expired"          // the quote is too old, or for another trip
	UnknownDriver   Code = "unknown_driver"         // the driver is not registered
	AlreadyExists   Code = "already_exists"         // registered before, with other data
	SessionReplaced Code = "session_replaced"       // a newer session of the driver is open
	RateLimited     Code = "rate_limited"           // too many
	NotConfigured   Code = "not_configured"         // this installation does not have it
	Unavailable     Code = "unavailable"            // a part is gone: try again
	Internal        Code = "internal"               // our mistake
)

// Error is an error of the vocabulary.
type Error struct {
	Code   Code
	Detail string // for people: names the field, the value and what is accepted
	Field  string // the field at fault, "" when there is none
	cause  error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Detail)
}

func (e *Error) Unwrap() error { return e.cause }

// New makes an error of the given code. Texts among the arguments are cut, see
// [Cut]: they are mostly what a client sent.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, cutAll(args)...)}
}

// Field makes an error about one field of the input; the rest is as for New.
func Field(field, format string, args ...any) *Error {
	e := New(Invalid, format, args...)
	e.Field = Cut(field)
	e.Detail = e.Field + ": " + e.Detail
	return e
}

// longest is how many characters of a text an error repeats: enough to know it
// again, and no more than the log and a phone's screen bear.
const longest = 80

// Cut is s as an error repeats it: its first 80 characters, then "…".
func Cut(s string) string {
	n := 0
	for i := range s {
		if n == longest {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// cutAll cuts the texts among args, whatever type of string they have.
func cutAll(args []any) []any {
	cut := make([]any, len(args))
	for i, arg := range args {
		cut[i] = arg
		if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
			cut[i] = Cut(v.String())
		}
	}
	return cut
}

// Wrap gives err a code; the detail is shown to clients, err only in the log.
func Wrap(err error, code Code, detail string) *Error {
	return &Error{Code: code, Detail: detail, cause: err}
}

// CodeOf is the code of err: Internal when it is none of the vocabulary, "" for
// nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries the given code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }
