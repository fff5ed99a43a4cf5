package redisgeo

import "github.com/redis/go-redis/v9/logging"

// The client's own log repeats what its errors say, once for each attempt: the
// callers have the errors.
func init() { logging.Disable() }
