package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/cabstand/cabstand/internal/fault"
)

// huma's own refusals (bodies and parameters that do not fit their schema) take
// the form of our problems, and fields go by their exact names. It offers
// variables of the package and no other way; this package is the only one that
// uses huma.
func init() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return newProblem(refusal(nil, status, msg, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := newProblem(refusal(ctx.Operation(), status, msg, errs))
		p.ID = requestID(ctx.Context())
		return p
	}
}

// refusal is what huma did not accept, as a fault. Its status 500 is a body that
// could not be read: errors of handlers never come here.
func refusal(op *huma.Operation, status int, msg string, errs []error) error {
	switch status {
	case http.StatusUnprocessableEntity:
		if len(errs) > 0 {
			return invalid(op, errs[0])
		}
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.Malformed, "the content type is not accepted: application/json is")
	}
	return fault.New(fault.Malformed, "the body is not accepted: %s", msg)
}

// invalid names the field, its value and what is accepted.
func invalid(op *huma.Operation, err error) error {
	var detail *huma.ErrorDetail
	if !errors.As(err, &detail) {
		return err // a fault of our own checks
	}
	_, field, found := strings.Cut(detail.Location, ".")
	if missing := missingField(detail.Message); missing != "" {
		return fault.Field(within(field, missing), "is missing")
	}
	switch {
	case strings.HasSuffix(detail.Message, " parameter is missing"):
		return fault.Field(field, "is missing")
	case detail.Message == "unknown query parameter", detail.Message == validation.MsgUnexpectedProperty:
		return fault.Field(field, "is not known here")
	case !found:
		field = detail.Location
	}
	accepted := acceptedAt(op, detail.Location)
	if accepted == "" {
		accepted = detail.Message
	}
	if isSecret(field) {
		return fault.Field(field, "is not accepted: %s", accepted)
	}
	switch v := detail.Value.(type) {
	case string:
		return fault.Field(field, "%q is not accepted: %s", v, accepted)
	case float64, int64, bool:
		return fault.Field(field, "%v is not accepted: %s", v, accepted)
	}
	return fault.Field(field, "is not accepted: %s", accepted) // the value may be the whole body
}

// isSecret reports whether what stands in the field is repeated to nobody:
// clients put problems into their logs.
func isSecret(field string) bool {
	return field == "password" || field == "refresh_token" || field == "access_token"
}

// missingField is the name of the field that the message misses; "" if it tells
// of something else.
func missingField(message string) string {
	var name string
	if _, err := fmt.Sscanf(message, validation.MsgExpectedRequiredProperty, &name); err != nil {
		return ""
	}
	return name
}

// schemasKey is where an operation keeps the schemas that its own refer to.
const schemasKey = "schemas"

// acceptedAt says what the operation accepts at a location such as
// "query.limit" or "body.pickup.lat"; "" where it does not know.
func acceptedAt(op *huma.Operation, location string) string {
	if op == nil {
		return ""
	}
	in, path, _ := strings.Cut(location, ".")
	if in == "body" {
		return acceptedBy(bodySchema(op, path))
	}
	for _, p := range op.Parameters {
		if p.In == in && p.Name == path {
			return acceptedBy(p.Schema)
		}
	}
	return ""
}

// bodySchema is the schema of the field at path; nil if there is none.
func bodySchema(op *huma.Operation, path string) *huma.Schema {
	schemas, ok := op.Metadata[schemasKey].(huma.Registry)
	if !ok || op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
		return nil
	}
	schema := resolved(schemas, op.RequestBody.Content["application/json"].Schema)
	for name := range strings.SplitSeq(path, ".") {
		if schema == nil || name == "" {
			break
		}
		schema = resolved(schemas, schema.Properties[name])
	}
	return schema
}

func resolved(schemas huma.Registry, s *huma.Schema) *huma.Schema {
	for s != nil && s.Ref != "" {
		s = schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// acceptedBy says what fits the schema.
func acceptedBy(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Type == huma.TypeInteger && s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("a whole number from %v to %v", *s.Minimum, *s.Maximum)
	case s.Type == huma.TypeNumber && s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("a number from %v to %v", *s.Minimum, *s.Maximum)
	case s.Type == huma.TypeNumber:
		return "a number"
	case s.Type == huma.TypeBoolean:
		return "true or false"
	case s.Type == huma.TypeObject:
		return "an object"
	case len(s.Enum) > 0:
		return "one of " + strings.Trim(fmt.Sprint(s.Enum), "[]")
	case s.Format == "date-time":
		return "a time such as 2026-05-01T08:00:00Z"
	case s.Type == huma.TypeString && s.MaxLength != nil:
		return fmt.Sprintf("a text of at most %d characters", *s.MaxLength)
	case s.Type == huma.TypeString:
		return "a text"
	}
	return ""
}
