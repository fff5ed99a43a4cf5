package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cabstand/cabstand/internal/fault"
	"github.com/cabstand/cabstand/internal/wire"
)

// decodeSubscribe reads the one frame that operators send. What the cells or the
// box must be is the hub's to check.
func decodeSubscribe(data []byte) (wire.SubscribeFrame, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var f wire.SubscribeFrame
	if err := dec.Decode(&f); err != nil {
		return wire.SubscribeFrame{}, badFrame(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return wire.SubscribeFrame{}, fault.New(fault.Malformed, "there is more behind the JSON object: one object a frame is accepted")
	}
	if f.Type != wire.FrameSubscribe {
		return wire.SubscribeFrame{}, fault.Field("type", "%.*q is not accepted: subscribe", longest, f.Type)
	}
	return f, nil
}

func badFrame(err error) error {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return fault.Field(wrong.Field, "%.*s is not accepted: %s", longest, wrong.Value, acceptedAs(wrong.Field))
	}
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return fault.New(fault.Malformed, "not JSON: one JSON object a frame is accepted")
	}
	return fault.New(fault.Invalid, "%s: type, and cells or bbox are accepted", fmt.Sprintf("%.*s", longest, err.Error()))
}

func acceptedAs(field string) string {
	switch field {
	case "cells":
		return "a list of geohashes"
	case "bbox":
		return "a list of four numbers"
	}
	return "a text"
}
